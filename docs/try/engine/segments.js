// A recording at the model's rate as overlapping segments, and back (light/src/unweave_light/segments.py).

/** Where segments begin. */
export function starts(total, { segment, overlap }) {
  const hop = segment - overlap;
  const count = total > 0 ? Math.max(0, Math.ceil((total - segment) / hop)) + 1 : 0;
  return Array.from({ length: count }, (_, i) => i * hop);
}

/** A segment of each channel; beyond the end comes the sound before it backwards. */
export function cut(channels, start, length) {
  return channels.map((channel) => {
    const part = channel.slice(start, start + length);
    if (part.length === length) return part;
    const filled = new Float32Array(length);
    const period = 2 * part.length;
    for (let n = 0; n < length; n++) {
      const at = n % period;
      filled[n] = part[at < part.length ? at : period - 1 - at];
    }
    return filled;
  });
}

/** Channels to one for the tagger; where they cancel each other, the loudest of them. */
export function downmix(channels, cancelled) {
  if (channels.length === 1) return channels[0];
  const mono = new Float32Array(channels[0].length);
  for (const channel of channels) for (let n = 0; n < mono.length; n++) mono[n] += channel[n];
  for (let n = 0; n < mono.length; n++) mono[n] /= channels.length;
  const energy = (x) => x.reduce((sum, value) => sum + value * value, 0);
  const energies = channels.map(energy);
  const all = energies.reduce((sum, value) => sum + value, 0);
  if (energy(mono) >= (cancelled * all) / channels.length ** 2) return mono;
  return channels[energies.indexOf(Math.max(...energies))];
}

/** One track on its way back: neighbours are cross-faded. */
export class Joiner {
  constructor(channels, total, { segment, overlap }) {
    this.samples = Array.from({ length: channels }, () => new Float32Array(total));
    this.hop = segment - overlap;
    this.rise = Float32Array.from({ length: overlap }, (_, n) => Math.sin((0.5 * Math.PI * (n + 0.5)) / overlap) ** 2);
  }

  /** Segment number `i`; all come in order, null for a silent one. */
  add(i, segment) {
    const start = i * this.hop;
    const overlap = i > 0 ? this.rise.length : 0;
    this.samples.forEach((samples, c) => {
      const own = segment?.[c];
      const end = Math.min(samples.length - start, this.hop + this.rise.length);
      for (let n = 0; n < end; n++) {
        const value = own ? own[n] : 0;
        const at = start + n;
        samples[at] = n < overlap ? samples[at] + Math.fround(value - samples[at]) * this.rise[n] : value;
      }
    });
  }
}
