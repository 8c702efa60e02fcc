// The mix as heard, to take away: as a sound, or back in the video.

import { $, el, icon, show } from "./dom.js";
import { recording, result } from "./state.js";

const FORMATS = { wav: "WAV", flac: "FLAC", mp3: "MP3", m4a: "M4A", opus: "Opus", ogg: "Ogg" };

export class TakeMenu {
  constructor({ store, actions }) {
    const format = el("select", {}, ...Object.entries(FORMATS).map(([value, text]) => el("option", { value }, text)));
    const sound = el("button", { type: "button", className: "primary", on: { click: () => this.#go(() => actions.takeMix("sound", format.value)) } }, "Download the mix");
    const video = el("button", { type: "button", id: "take-video", on: { click: () => this.#go(() => actions.takeMix("video")) } }, icon("film"), "Back into the video");
    this.element = el(
      "details",
      { className: "menu", id: "take-menu" },
      el("summary", { className: "button", "aria-keyshortcuts": "d" }, icon("ear"), "The mix as you hear it"),
      el("div", { className: "menu-body" }, el("p", { className: "muted" }, "Faders, mutes and solos as they are now."), el("label", { className: "field" }, "Format", format), sound, video),
    );
    store.watch((state) => Boolean(recording(state)?.video) && !result(state)?.part, (there) => show(video, there));
    document.addEventListener("click", (event) => !this.element.contains(event.target) && (this.element.open = false));
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.element.open) return;
      event.stopPropagation();
      this.element.open = false;
      $("summary", this.element).focus();
    });
  }

  #go(take) {
    this.element.open = false;
    take();
  }
}
