// A track of a part of a recording, in its place: silence before and after it.

export class Shifted {
  /** `by` is in samples. */
  constructor(sound, by) {
    this.sound = sound;
    this.by = Math.round(by);
  }

  async read(from, count) {
    const first = from - this.by;
    if (first >= 0) return this.sound.read(first, count);
    const before = Math.min(-first, count);
    const there = await this.sound.read(0, count - before);
    return there.map((samples) => {
      const out = new Float32Array(before + samples.length);
      out.set(samples, before);
      return out;
    });
  }
}
