// Puts the page together.

import { Actions } from "./actions.js";
import { follow, get, leave } from "./api.js";
import { AskView } from "./ask.js";
import { doing } from "./does.js";
import { $, el, show } from "./dom.js";
import { mountDrop } from "./drop.js";
import { FoundView } from "./found.js";
import { mountKeys } from "./keys.js";
import { followRecording } from "./listening.js";
import { Player } from "./player.js";
import { Recorder } from "./recorder.js";
import { RecordingView } from "./recording.js";
import { toast, untoast } from "./say.js";
import { Search } from "./search.js";
import { Store, initial, recordings } from "./state.js";
import { mountTheme } from "./theme.js";
import { TracksView } from "./tracks.js";
import { Transport } from "./transport.js";
import { View } from "./view.js";
import { WelcomeView } from "./welcome.js";
import { WorkView } from "./work.js";

export const store = new Store(initial());
export const player = new Player();
const view = new View();
export const actions = new Actions({ store, player });
const parts = { store, player, view, actions };

followRecording(parts); // first, so that the player knows a recording before its tracks
new WelcomeView(parts);
const recordingView = new RecordingView(parts);
new FoundView(parts);
new AskView(parts);
new Search(parts);
new WorkView(parts);
const tracksView = new TracksView(parts);
new Transport(parts);
const files = mountDrop({ take: (file) => actions.take(file), takeExample: (file) => actions.example(file) });
const recorder = new Recorder({ take: (file) => actions.take(file), trouble: (words) => toast(words, { trouble: true }) });
const switchTheme = mountTheme(() => (recordingView.recolour(), tracksView.recolour()));

const does = doing({ ...parts, files, recorder, switchTheme, tracksView });
document.addEventListener("click", (event) => does[event.target.closest("[data-do]")?.dataset.do]?.(event));
mountKeys((action, event, digit) => does[action]?.(event, digit));

$("#recording-scroller").addEventListener("click", (event) => {
  const under = event.target.closest(".lane");
  if (under) actions.seek(view.timeAt(event, under));
});

// The recordings that are there, to go from one to the other.
store.watch((state) => [recordings(state).map(({ id, name }) => [id, name]), state.uploadId], ([known, now]) => {
  const choice = $("#which select");
  show($("#which"), known.length > 1 && now !== null);
  choice.replaceChildren(...known.map(([id, name]) => el("option", { value: id, selected: id === now }, name)));
});
$("#which select").addEventListener("change", (event) => {
  const chosen = store.now.session.uploads.find(({ id }) => id === event.target.value);
  if (chosen) actions.open(chosen);
});

store.watch((state) => state.connected, (connected) => {
  if (connected) untoast("connection");
  else toast("The server does not answer. This page goes on by itself when it is back.", { trouble: true, id: "connection" });
});

async function classes(tries = 40) {
  const told = await get("/api/classes").catch((error) => (error.code === "not_ready" && tries ? null : { classes: [] }));
  if (told) return store.set({ classes: told.classes });
  setTimeout(() => classes(tries - 1), 1500);
}

try {
  store.set({ session: await get("/api/session"), server: await get("/api/server") });
  actions.restore();
  follow((session) => actions.session(session), (connected) => store.set({ connected }));
  classes();
} catch (error) {
  toast(error.message, { trouble: true });
}
addEventListener("pagehide", leave);
document.documentElement.dataset.ready = "yes";
