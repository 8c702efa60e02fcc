// One track: its name, fader, mute, solo and download, beside its waveform and when it sounds.

import { get, save } from "./api.js";
import { button, el } from "./dom.js";
import { HIGHEST, LOWEST } from "./mixer.js";
import { drawWaveform, recolour } from "./waveform.js";
import { decibels, sure } from "./words.js";

const HEIGHT = 56; // px

export class TrackRow {
  #surfer = null;

  constructor({ job, track, name, place, player, view, actions }) {
    Object.assign(this, { job, track, name, place, player, view, actions });
    this.id = `${job.id}/${track.index}`;
    this.start = job.part?.start ?? 0;
    this.#build();
    this.update();
    this.#draw();
  }

  #build() {
    const key = this.place < 9 ? String(this.place + 1) : null;
    const set = (change) => this.player.setVoice(this.id, change);
    this.muteButton = el("button", { type: "button", className: "switch", "aria-label": `Mute ${this.name}`, title: key ? `Mute (${key})` : "Mute", on: { click: () => this.toggle("muted") } }, "M");
    this.soloButton = el("button", { type: "button", className: "switch", "aria-label": `Solo ${this.name}`, title: key ? `Solo (Shift ${key})` : "Solo", on: { click: () => this.toggle("solo") } }, "S");
    this.fader = el("input", {
      type: "range", min: LOWEST, max: HIGHEST, step: 0.5, value: 0, className: "fader", "aria-label": `Volume of ${this.name}`,
      on: { input: (event) => set({ db: Number(event.target.value) }), dblclick: () => set({ db: 0 }) },
    });
    this.volume = el("output", { className: "db", "aria-hidden": "true" });
    const download = button(`Download ${this.name}`, { symbol: "down", onlyIcon: true, className: "quiet", title: "Download", on: { click: () => save(`${this.track.sound}?download=true`) } });
    const head = el(
      "div",
      { className: "head" },
      el("div", { className: "track-name" }, el("span", { className: "name", title: this.track.query ?? this.name }, this.name), el("span", { className: "sure" }, sure(this.track.probability))),
      el("div", { className: "track-tools" }, this.muteButton, this.soloButton, this.fader, this.volume, download),
    );
    this.wave = el("div", { className: "wave" });
    this.lane = el("div", { className: "lane", "aria-hidden": "true", on: { click: (event) => this.actions.seek(this.view.timeAt(event, this.lane)) } }, this.wave, ...this.#sounding());
    this.element = el("div", { className: "row track", role: "listitem", "data-place": this.place }, head, this.lane);
    if (this.track.name === "residual") this.element.classList.add("is-rest");
  }

  /** When it sounds, as a line below the waveform. */
  #sounding() {
    return this.track.events.map(({ start, end }) => {
      const line = el("span", { className: "sounding" });
      line.style.left = `${((this.start + start) / this.view.seconds) * 100}%`;
      line.style.width = `${((end - start) / this.view.seconds) * 100}%`;
      return line;
    });
  }

  async #draw() {
    const peaks = await get(this.track.peaks).catch(() => null); // the row works without its picture
    if (!peaks || !this.wave.isConnected) return;
    this.wave.style.marginLeft = `${(this.start / this.view.seconds) * 100}%`;
    this.wave.style.width = `${Math.min(1, peaks.seconds / this.view.seconds) * 100}%`;
    this.#surfer = drawWaveform(this.wave, { peaks, height: HEIGHT, loudest: this.view.loudest });
  }

  toggle(what) {
    this.player.setVoice(this.id, { [what]: !this.player.mixer.voice(this.id)[what] });
  }

  update() {
    const voice = this.player.mixer?.voice(this.id);
    if (!voice) return;
    const factor = this.player.mixer.heard().get(this.id);
    this.muteButton.setAttribute("aria-pressed", String(voice.muted));
    this.soloButton.setAttribute("aria-pressed", String(voice.solo));
    this.fader.value = voice.db;
    this.fader.setAttribute("aria-valuetext", decibels(voice.db, LOWEST));
    this.volume.textContent = decibels(voice.db, LOWEST);
    this.element.classList.toggle("is-silent", factor === 0 || this.player.mixer.original);
  }

  recolour() {
    if (this.#surfer) recolour(this.#surfer);
  }

  remove() {
    this.#surfer?.destroy();
    this.element.remove();
  }
}
