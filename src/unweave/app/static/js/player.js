// Plays the tracks of a recording, or the original, from one Web Audio clock.

import { Mixer } from "./mixer.js";
import { Run } from "./run.js";
import { Shifted } from "./shifted.js";
import { openSound } from "./wav.js";

export const ORIGINAL = "original";

export class Player extends EventTarget {
  #opened = new Map(); // sounds by their address
  #urls = new Map(); // addresses and starts by id
  #run = null;
  #rest = 0;
  #turn = 0; // grows with every start and stop, so that a start that comes too late is noticed

  constructor() {
    super();
    this.seconds = 0;
    this.loop = null; // {start, end}
    this.looping = false;
    this.playing = false;
  }

  /** A recording is there: its rate is the clock's, so that nothing is resampled on the way. */
  setRecording({ sound, seconds, rate }) {
    this.clear();
    this.context = new AudioContext({ sampleRate: Math.min(Math.max(rate, 8000), 192000), latencyHint: "interactive" });
    this.mixer = new Mixer(this.context);
    this.seconds = seconds;
    this.#urls = new Map([[ORIGINAL, { sound, start: 0 }]]);
    this.#tell();
  }

  clear() {
    this.pause();
    this.context?.close();
    this.context = this.mixer = null;
    this.seconds = this.#rest = 0;
    this.#opened.clear();
    this.#tell();
  }

  /** Which tracks there are: [{id, sound, start}], the start in s of the recording. What is playing goes on with them. */
  setTracks(tracks) {
    this.#urls = new Map([[ORIGINAL, this.#urls.get(ORIGINAL)], ...tracks.map(({ id, sound, start }) => [id, { sound, start }])]);
    this.mixer.setVoices(tracks.map(({ id }) => id));
    this.#again();
    this.#tell();
  }

  get position() {
    return this.#run ? this.#run.position() : this.#rest;
  }

  async play(from = this.position) {
    if (!this.context) return;
    this.#halt();
    if (from >= this.seconds - 0.01) from = 0;
    if (this.looping && this.loop && (from < this.loop.start || from >= this.loop.end)) from = this.loop.start;
    const turn = ++this.#turn;
    this.playing = true;
    this.#rest = from;
    this.#tell();
    try {
      await this.context.resume();
      const sounds = await Promise.all(
        [...this.#urls].map(async ([id, { sound, start }]) => ({ sound: new Shifted(await this.#open(sound), start * this.context.sampleRate), input: this.mixer.input(id) })),
      );
      if (turn !== this.#turn) return;
      const run = new Run(this.context, sounds, {
        from,
        loop: this.looping ? this.loop : null,
        seconds: this.seconds,
        onEnd: (error) => this.#ended(error),
      });
      this.#run = run;
      await run.start();
      this.mixer.fade.gain.cancelScheduledValues(0);
      this.mixer.fade.gain.setValueAtTime(1, this.context.currentTime);
    } catch (error) {
      if (turn === this.#turn) this.#ended(error);
    }
  }

  pause() {
    if (!this.playing) return;
    this.#rest = this.position;
    this.#turn++;
    this.playing = false;
    this.#halt();
    this.#tell();
  }

  toggle() {
    return this.playing ? this.pause() : this.play();
  }

  seek(to) {
    const at = Math.max(0, Math.min(to, this.seconds));
    if (this.playing) this.play(at);
    else this.#rest = at;
    this.#tell();
  }

  setLoop(mark, looping = this.looping) {
    const same = JSON.stringify([mark, looping]) === JSON.stringify([this.loop, this.looping]);
    Object.assign(this, { loop: mark, looping });
    if (!same) this.#again();
    this.#tell();
  }

  setOriginal(on) {
    this.mixer.original = on;
    this.#tell();
  }

  setVoice(id, change) {
    this.mixer.set(id, change);
    this.#tell();
  }

  #again() {
    if (this.playing) this.play(this.position);
  }

  /** Silence within a few milliseconds, then the nodes go. */
  #halt() {
    if (!this.#run) return;
    const now = this.context.currentTime;
    this.mixer.fade.gain.setTargetAtTime(0, now, 0.003);
    this.#run.stop(now + 0.02);
    this.#run = null;
  }

  #ended(error) {
    this.#rest = error ? this.position : this.seconds;
    this.#turn++;
    this.playing = false;
    this.#run = null;
    this.#tell();
    if (error) this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
  }

  #open(url) {
    if (!this.#opened.has(url)) {
      const opening = openSound(url, this.context.sampleRate);
      opening.catch(() => this.#opened.delete(url));
      this.#opened.set(url, opening);
    }
    return this.#opened.get(url);
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
