// The tracks of a recording side by side: play them together, alone or without some, and keep them.

import { wav } from "./engine/wav.js";

const HUES = [175, 24, 262, 95, 330, 205, 48, 290, 0, 145];
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
let playing = null; // one desk at a time

function make(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
}

export class Desk {
  /**
   * @param {AudioContext} audio
   * @param {{title: string, stem: string, rate: number}} about
   * @param {object[]} tracks as the conductor gives them; the last is the residual
   */
  constructor(audio, about, tracks) {
    this.audio = audio;
    this.about = about;
    this.seconds = tracks[0].channels[0].length / about.rate;
    this.at = 0;
    this.rows = tracks.map((track, number) => this.#row(track, number));
    this.button = make("button", { type: "button", className: "play", textContent: "Play" });
    this.seek = make("input", { type: "range", min: 0, max: this.seconds, step: 0.01, value: 0, ariaLabel: "Place in the recording" });
    this.time = make("span", { className: "time" });
    this.node = make(
      "section",
      { className: "desk" },
      make("h2", { textContent: about.title, tabIndex: -1 }),
      make("div", { className: "transport" }, this.button, this.seek, this.time),
      make("ul", { className: "tracks" }, ...this.rows.map((row) => row.node)),
    );
    this.button.onclick = () => (this.sources ? this.pause() : this.play());
    this.seek.oninput = () => this.go(Number(this.seek.value));
    this.#show();
    new ResizeObserver(() => this.rows.forEach(draw)).observe(this.node);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rows.forEach(draw));
  }

  play() {
    if (playing && playing !== this) playing.pause();
    playing = this;
    this.audio.resume();
    if (this.at >= this.seconds - 0.01) this.at = 0;
    this.sources = this.rows.map((row) => {
      const source = new AudioBufferSourceNode(this.audio, { buffer: row.buffer });
      row.gain = new GainNode(this.audio, { gain: this.#heard(row) ? 1 : 0 });
      source.connect(row.gain).connect(this.audio.destination);
      source.start(0, this.at);
      return source;
    });
    this.since = this.audio.currentTime - this.at;
    this.button.textContent = "Pause";
    const step = () => {
      if (!this.sources) return;
      this.at = Math.min(this.seconds, this.audio.currentTime - this.since);
      this.#show();
      if (this.at >= this.seconds) this.pause();
      else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  pause() {
    this.sources?.forEach((source) => source.stop());
    this.sources = null;
    this.button.textContent = "Play";
  }

  /** Go to a time in s. */
  go(seconds) {
    const on = Boolean(this.sources);
    this.pause();
    this.at = Math.min(Math.max(seconds, 0), this.seconds);
    this.#show();
    if (on) this.play();
  }

  #heard(row) {
    return this.rows.some((one) => one.solo) ? row.solo : !row.mute;
  }

  #show() {
    this.seek.value = this.at;
    this.seek.ariaValueText = clock(this.at);
    this.time.textContent = `${clock(this.at)} / ${clock(this.seconds)}`;
    for (const row of this.rows) {
      row.needle.style.left = `${(100 * this.at) / this.seconds}%`;
      row.node.classList.toggle("silent", !this.#heard(row));
      row.only.ariaPressed = String(row.solo);
      row.off.ariaPressed = String(row.mute);
      row.gain?.gain.setTargetAtTime(this.#heard(row) ? 1 : 0, this.audio.currentTime, 0.01);
    }
  }

  #row(track, number) {
    const rest = track.mid === null;
    const name = rest ? "Everything else" : track.name;
    const buffer = new AudioBuffer({ length: track.channels[0].length, numberOfChannels: track.channels.length, sampleRate: this.about.rate });
    track.channels.forEach((channel, c) => buffer.copyToChannel(channel, c));
    const times = track.events.map((event) => `${clock(event.start)}–${clock(event.end)}`);
    const shown = times.length > 4 ? [...times.slice(0, 3), `and ${times.length - 3} more`] : times;
    const quiet = track.energy === null ? "silent" : "";
    const row = { track, buffer, solo: false, mute: false, hue: HUES[number % HUES.length] };
    row.only = make("button", { type: "button", textContent: "Only", ariaLabel: `Only ${name}` });
    row.off = make("button", { type: "button", textContent: "Off", ariaLabel: `${name} off` });
    const save = make("button", { type: "button", textContent: "Save", ariaLabel: `Save ${name} as wav` });
    row.needle = make("i");
    row.wave = make("div", { className: "wave" }, make("canvas"), row.needle);
    row.wave.ariaHidden = "true"; // the slider does the same for keys, and the times are told in words
    row.node = make(
      "li",
      { className: rest ? "rest" : "" },
      make("div", {}, make("strong", { textContent: name }), make("small", { textContent: quiet || shown.join(", ") })),
      row.wave,
      make("div", { className: "tools" }, row.only, row.off, save),
    );
    row.node.style.setProperty("--hue", row.hue);
    row.only.onclick = () => this.#toggle(row, "solo");
    row.off.onclick = () => this.#toggle(row, "mute");
    row.wave.onclick = (event) => this.go((event.offsetX / row.wave.clientWidth) * this.seconds);
    save.onclick = () => keep(wav(track.channels, this.about.rate), `${this.about.stem} - ${track.stem}.wav`);
    return row;
  }

  #toggle(row, what) {
    row[what] = !row[what];
    this.#show();
  }
}

/** Hand a file to whoever asked for it. */
function keep(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** The envelope of a track, and behind it when its sound is heard. */
function draw(row) {
  const canvas = row.wave.firstChild;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width) return;
  const scale = devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.fillStyle = getComputedStyle(row.wave).color;
  const { channels, events } = row.track;
  const { length, duration } = row.buffer;
  pen.globalAlpha = 0.12;
  for (const event of events) {
    pen.beginPath();
    pen.roundRect((event.start / duration) * width, 0, Math.max(2, ((event.end - event.start) / duration) * width), height, 4);
    pen.fill();
  }
  pen.globalAlpha = 1;
  for (let x = 0; x < width; x++) {
    let most = 0;
    const end = Math.floor(((x + 1) * length) / width);
    for (const channel of channels) {
      for (let n = Math.floor((x * length) / width); n < end; n++) most = Math.max(most, Math.abs(channel[n]));
    }
    const tall = Math.max(1, Math.sqrt(Math.min(1, most)) * height); // so that what is quiet is seen too
    pen.fillRect(x, (height - tall) / 2, 0.8, tall);
  }
}
