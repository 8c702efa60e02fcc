// What lies above the band that a model hears is shared out as the top of that band is
// (light/src/unweave_light/above.py): S' = S + g (X - L), frame by frame.

const TINY = 1e-12;

/** The part of a frame that lies in a band of its Fourier transform, for any length of frame. */
class Band {
  constructor(length, first, last) {
    this.length = length;
    this.bins = [];
    for (let k = first; k < last; k++) this.bins.push(k);
    this.cos = Float64Array.from({ length }, (_, n) => Math.cos((2 * Math.PI * n) / length));
    this.sin = Float64Array.from({ length }, (_, n) => Math.sin((2 * Math.PI * n) / length));
  }

  /** Sums of this times other frames are sums over the band of Re(S L*). */
  of(frame) {
    const { length, cos, sin } = this;
    const found = new Float64Array(length);
    for (const k of this.bins) {
      let re = 0;
      let im = 0;
      for (let n = 0, at = 0; n < length; n++) {
        re += frame[n] * cos[at];
        im += frame[n] * sin[at];
        if ((at += k) >= length) at -= length;
      }
      for (let n = 0, at = 0; n < length; n++) {
        found[n] += re * cos[at] + im * sin[at];
        if ((at += k) >= length) at -= length;
      }
    }
    return found;
  }
}

/**
 * Add to each track its part of what the model never hears; in place.
 * @param told light.json
 * @param {number} rate of all samples here, above the model's
 * @param {Float32Array[]} mixture channels
 * @param {Float32Array[]} low what comes back of them through the model's rate
 * @param {Float32Array[][]} tracks channels of each
 * @param {boolean} exclusive whether together they may hold no more than there is
 */
export function addAbove(told, rate, mixture, low, tracks, exclusive) {
  const { above_frame_seconds: seconds, above_band: edges } = told.constants;
  const hop = Math.max(8, Math.round(seconds * rate));
  const [first, last] = edges.map((share) => Math.max(1, Math.round((share * told.sample_rate * hop) / 2 / rate)));
  const band = new Band(hop, first, Math.max(first + 1, last));
  const window = Float64Array.from({ length: hop }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (hop - 1)));
  const total = mixture[0].length;
  const frames = Math.max(1, Math.ceil(total / hop));
  mixture.forEach((whole, c) => {
    const gains = tracks.map(() => new Float32Array(frames));
    for (let f = 0; f < frames; f++) {
      const start = f * hop;
      const end = Math.min(hop, total - start);
      const there = tracks.filter((track) => sounds(track[c], start, end));
      if (!there.length || !sounds(low[c], start, end)) continue;
      const frame = new Float64Array(hop);
      for (let n = 0; n < end; n++) frame[n] = window[n] * low[c][start + n];
      const part = band.of(frame);
      const along = (samples) => {
        let sum = 0;
        for (let n = 0; n < end; n++) sum += window[n] * samples[start + n] * part[n];
        return sum;
      };
      // Half of the sum over the band, and the same half of what it is divided by.
      const own = along(low[c]) + TINY / 2;
      let sum = 0;
      tracks.forEach((track, u) => {
        if (there.includes(track)) gains[u][f] = Math.min(1, Math.max(0, along(track[c]) / own));
        sum += gains[u][f];
      });
      if (exclusive && sum > 1) for (const gain of gains) gain[f] /= sum;
    }
    const middle = Math.floor(hop / 2);
    for (let n = 0; n < total; n++) {
      const place = Math.min(Math.max((n - middle) / hop, 0), frames - 1);
      const f = Math.min(Math.floor(place), frames - 2 < 0 ? 0 : frames - 2);
      const next = Math.min(f + 1, frames - 1);
      const above = Math.fround(whole[n] - low[c][n]);
      for (let u = 0; u < tracks.length; u++) {
        const [here, there] = [gains[u][f], gains[u][next]];
        if (here || there) tracks[u][c][n] += Math.fround(here + (there - here) * (place - f)) * above;
      }
    }
  });
}

function sounds(samples, start, count) {
  for (let n = start; n < start + count; n++) if (samples[n] !== 0) return true;
  return false;
}
