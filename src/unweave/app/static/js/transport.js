// Play, loop, compare and where we are.

import { $, button, el, show } from "./dom.js";
import { heard, recording, result } from "./state.js";
import { clock } from "./words.js";

const FLOOR = -60; // dB, the left end of the meter

export class Transport {
  constructor({ store, player, view, actions }) {
    Object.assign(this, { store, player, view });
    this.playButton = button("Play", { symbol: "play", onlyIcon: true, className: "primary round", does: "play", id: "play", "aria-keyshortcuts": "Space" });
    this.loopButton = button("Loop the marked stretch", { symbol: "loop", onlyIcon: true, className: "quiet", does: "loop", id: "loop", "aria-keyshortcuts": "l" });
    this.time = el("span", { className: "now" }, "0:00.0");
    this.whole = el("span", { className: "muted whole-time" });
    this.level = el("span", { className: "meter-fill" });
    this.place = el("input", { type: "range", id: "place", className: "place", min: 0, step: 0.01, value: 0, "aria-label": "Where it plays", on: { input: (event) => actions.seek(Number(event.target.value)) } });
    this.mixButton = el("button", { type: "button", on: { click: () => actions.original(false) } }, "Tracks");
    this.originalButton = el("button", { type: "button", id: "original", "aria-keyshortcuts": "o", on: { click: () => actions.original(true) } }, "Original");
    this.compare = el("div", { className: "tabs compare", role: "group", "aria-label": "What is heard" }, this.mixButton, this.originalButton);
    $("#transport").append(
      button("To the start", { symbol: "start", onlyIcon: true, className: "quiet", does: "start" }),
      this.playButton,
      this.loopButton,
      el("div", { className: "times" }, this.time, this.whole),
      this.place,
      el("span", { className: "meter", "aria-hidden": "true" }, this.level),
      this.compare,
    );
    player.addEventListener("change", () => this.#tell());
    store.watch((state) => Boolean(recording(state)?.sound), (there) => show($("#transport"), there));
    store.watch((state) => heard(state).length > 0, (there) => show(this.compare, there));
    store.watch((state) => result(state)?.kind === "change", (changed) => (this.mixButton.textContent = changed ? "Changed" : "Tracks"));
    this.#tell();
    requestAnimationFrame(() => this.#tick());
  }

  #tell() {
    const { playing, looping, seconds, mixer } = this.player;
    this.playButton.replaceChildren(...button(playing ? "Pause" : "Play", { symbol: playing ? "pause" : "play", onlyIcon: true }).childNodes);
    this.loopButton.setAttribute("aria-pressed", String(looping));
    this.originalButton.setAttribute("aria-pressed", String(Boolean(mixer?.original)));
    this.mixButton.setAttribute("aria-pressed", String(!mixer?.original));
    this.place.max = seconds;
    this.whole.textContent = `/ ${clock(seconds)}`;
    this.#show();
  }

  #show() {
    const at = this.player.position;
    this.view.place(at);
    this.time.textContent = clock(at);
    this.place.value = at;
    this.place.setAttribute("aria-valuetext", `${clock(at)} of ${clock(this.player.seconds)}`);
    const db = this.player.playing ? 20 * Math.log10(this.player.mixer.level() + 1e-9) : FLOOR;
    this.level.style.transform = `scaleX(${Math.max(0, Math.min(1, 1 - db / FLOOR))})`;
  }

  #tick() {
    if (this.player.playing) {
      this.#show();
      this.view.follow(this.player.position);
    }
    requestAnimationFrame(() => this.#tick());
  }
}
