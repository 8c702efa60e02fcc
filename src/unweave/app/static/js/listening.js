// The player, the view and what was found follow the recording that is looked at.

import { get } from "./api.js";
import { toast } from "./say.js";
import { recording } from "./state.js";

export function followRecording({ store, player, view }) {
  store.watch((state) => recording(state)?.sound ?? null, (sound, state) => {
    view.zoomTo(1, 0);
    if (!sound) return player.clear();
    const { seconds, sample_rate: rate } = recording(state);
    view.seconds = seconds;
    player.setRecording({ sound, seconds, rate });
  });
  store.watch((state) => recording(state)?.events ?? null, async (url, { uploadId }) => {
    if (!url || store.now.events[uploadId]) return;
    const events = await get(url).catch((error) => toast(error.message, { trouble: true }));
    if (events?.levels) store.set({ events: { ...store.now.events, [uploadId]: events } });
  });
  store.watch((state) => state.mark, (mark) => player.setLoop(mark, Boolean(mark) && player.looping));
  player.addEventListener("trouble", ({ detail }) => toast(detail.message, { trouble: true, id: "sound" }));
}
