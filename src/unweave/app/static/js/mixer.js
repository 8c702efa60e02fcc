// How loud each track is: fader, mute and solo, and the switch to the original.

const SMOOTH = 0.01; // s; a fader that jumps would click
export const LOWEST = -40; // dB, the place of a fader at which it is silent
export const HIGHEST = 12;

export const factor = (db) => (db <= LOWEST ? 0 : 10 ** (db / 20));

export class Mixer {
  #voices = new Map();
  #original = false;

  /** All tracks meet in one gain; a fade after it hides the seams of starting and stopping. */
  constructor(context) {
    this.context = context;
    this.mix = new GainNode(context);
    this.direct = new GainNode(context, { gain: 0 });
    this.fade = new GainNode(context);
    this.meter = new AnalyserNode(context, { fftSize: 2048 });
    this.mix.connect(this.fade);
    this.direct.connect(this.fade);
    this.fade.connect(this.meter).connect(context.destination);
  }

  setVoices(ids) {
    for (const { gain } of this.#voices.values()) gain.disconnect();
    const old = this.#voices;
    this.#voices = new Map(
      ids.map((id) => {
        const kept = old.get(id) ?? { db: 0, muted: false, solo: false };
        const gain = new GainNode(this.context, { gain: 0 });
        gain.connect(this.mix);
        return [id, { ...kept, gain }];
      }),
    );
    this.#apply(true);
  }

  input(id) {
    return this.#voices.get(id)?.gain ?? this.direct;
  }

  voice(id) {
    const { db, muted, solo } = this.#voices.get(id);
    return { db, muted, solo };
  }

  set(id, change) {
    Object.assign(this.#voices.get(id), change);
    this.#apply();
  }

  get original() {
    return this.#original || !this.#voices.size;
  }

  set original(on) {
    this.#original = on;
    this.#apply();
  }

  /** The factor by which each track is heard. */
  heard() {
    const voices = [...this.#voices];
    const alone = voices.some(([, voice]) => voice.solo);
    return new Map(voices.map(([id, voice]) => [id, (alone ? voice.solo : !voice.muted) ? factor(voice.db) : 0]));
  }

  /** Root mean square of what is being rendered now. */
  level() {
    const samples = new Float32Array(this.meter.fftSize);
    this.meter.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }

  #apply(atOnce = false) {
    const go = (gain, value) => {
      if (atOnce) gain.gain.value = value;
      else gain.gain.setTargetAtTime(value, this.context.currentTime, SMOOTH);
    };
    for (const [id, value] of this.heard()) go(this.#voices.get(id).gain, value);
    go(this.mix, this.original ? 0 : 1);
    go(this.direct, this.original ? 1 : 0);
  }
}
