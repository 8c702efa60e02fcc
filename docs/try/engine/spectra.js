// The short-time Fourier transform, and what is done with spectra around the networks:
// the JavaScript of light/src/unweave_light/spectra.py.
//
// Spectra are {re, im, frames, bins}: Float32Arrays, frame after frame.

const TINY = 1e-12;
const NEARLY = 1 - 1e-3; // gains above are as good as 1: the transform's rounding

/** A Fourier transform of complex numbers, in place. */
class Fourier {
  /** @param {number} size a power of two */
  constructor(size) {
    if (size < 2 || size & (size - 1)) throw new Error(`A window of ${size} samples is no power of two.`);
    this.size = size;
    this.cos = new Float64Array(size / 2);
    this.sin = new Float64Array(size / 2);
    for (let k = 0; k < size / 2; k++) {
      this.cos[k] = Math.cos((2 * Math.PI * k) / size);
      this.sin[k] = Math.sin((2 * Math.PI * k) / size);
    }
    this.order = new Uint32Array(size);
    for (let i = 0, bits = Math.log2(size); i < size; i++) {
      for (let b = 0; b < bits; b++) this.order[i] |= ((i >> b) & 1) << (bits - 1 - b);
    }
  }

  /** @param {1 | -1} sign -1 there, 1 back (not divided by the size) */
  run(re, im, sign) {
    const { size, cos, sin, order } = this;
    for (let i = 0; i < size; i++) {
      const j = order[i];
      if (j > i) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0, t = 0; k < half; k++, t += step) {
          const a = start + k;
          const b = a + half;
          const c = cos[t];
          const s = sign * sin[t];
          const x = re[b] * c - im[b] * s;
          const y = re[b] * s + im[b] * c;
          re[b] = re[a] - x;
          im[b] = im[a] - y;
          re[a] += x;
          im[a] += y;
        }
      }
    }
  }
}

/** Hann window, centred frames, reflected edges. Two frames at a time, as real and imaginary part of one. */
export class Transform {
  /** @param {{window: number, hop: number}} lengths in samples */
  constructor({ window, hop }) {
    this.size = window;
    this.hop = hop;
    this.bins = window / 2 + 1;
    this.fourier = new Fourier(window);
    this.window = Float64Array.from({ length: window }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / window));
    this.re = new Float64Array(window);
    this.im = new Float64Array(window);
  }

  /** @param {Float32Array} waveform longer than half a window */
  forward(waveform) {
    const { size, hop, bins, window, re, im } = this;
    const half = size / 2;
    const last = waveform.length - 1;
    const frames = Math.floor(waveform.length / hop) + 1;
    const found = { re: new Float32Array(frames * bins), im: new Float32Array(frames * bins), frames, bins };
    const at = (n) => waveform[n < 0 ? -n : n > last ? 2 * last - n : n];
    for (let f = 0; f < frames; f += 2) {
      const here = f * hop - half;
      const second = f + 1 < frames;
      for (let n = 0; n < size; n++) {
        re[n] = window[n] * at(here + n);
        im[n] = second ? window[n] * at(here + hop + n) : 0;
      }
      this.fourier.run(re, im, -1);
      for (let k = 0, out = f * bins; k < bins; k++, out++) {
        const m = (size - k) % size;
        found.re[out] = (re[k] + re[m]) / 2;
        found.im[out] = (im[k] - im[m]) / 2;
        if (second) {
          found.re[out + bins] = (im[k] + im[m]) / 2;
          found.im[out + bins] = (re[m] - re[k]) / 2;
        }
      }
    }
    return found;
  }

  /** Back to `length` samples. */
  inverse(spectra, length) {
    const { size, hop, bins, window, re, im } = this;
    const half = size / 2;
    const total = size + (spectra.frames - 1) * hop;
    const added = new Float64Array(total);
    const weight = new Float64Array(total);
    for (let f = 0; f < spectra.frames; f += 2) {
      const second = f + 1 < spectra.frames;
      const a = f * bins;
      const b = a + bins;
      for (let k = 0; k < bins; k++) {
        const edge = k === 0 || k === half; // real for a real signal
        const ar = spectra.re[a + k];
        const ai = edge ? 0 : spectra.im[a + k];
        const br = second ? spectra.re[b + k] : 0;
        const bi = second && !edge ? spectra.im[b + k] : 0;
        re[k] = ar - bi;
        im[k] = ai + br;
        if (!edge) {
          re[size - k] = ar + bi;
          im[size - k] = br - ai;
        }
      }
      this.fourier.run(re, im, 1);
      for (let n = 0, out = f * hop; n < size; n++, out++) {
        const w = window[n];
        added[out] += (w * re[n]) / size;
        weight[out] += w * w;
        if (second) {
          added[out + hop] += (w * im[n]) / size;
          weight[out + hop] += w * w;
        }
      }
    }
    const result = new Float32Array(length);
    for (let n = 0; n < length; n++) result[n] = added[half + n] / weight[half + n];
    return result;
  }
}

const like = (spectra) => ({
  re: new Float32Array(spectra.re.length),
  im: new Float32Array(spectra.im.length),
  frames: spectra.frames,
  bins: spectra.bins,
});

/**
 * The tracks of one channel of a segment, so that together they hold no more than the recording does.
 * @param {Float32Array} mixture
 * @param {Float32Array[]} sources
 * @returns {Float32Array[]} what is too much of each, or null where nothing is
 */
export function surplus(mixture, sources, transform) {
  const heard = transform.forward(mixture);
  const taken = sources.map((source) => transform.forward(source));
  const count = taken.length;
  const gain = new Float64Array(count);
  let touched = false;
  for (let k = 0; k < heard.re.length; k++) {
    const there = Math.sqrt(heard.re[k] ** 2 + heard.im[k] ** 2);
    let said = 0;
    let power = 0;
    for (const one of taken) {
      const square = one.re[k] ** 2 + one.im[k] ** 2;
      power += square;
      said += Math.sqrt(square);
    }
    let re = 0;
    let im = 0;
    for (let u = 0; u < count; u++) {
      const own = Math.sqrt(taken[u].re[k] ** 2 + taken[u].im[k] ** 2);
      gain[u] = said > there ? Math.min((there * own) / Math.max(power, TINY), 1) : 1;
      re += gain[u] * taken[u].re[k];
      im += gain[u] * taken[u].im[k];
    }
    const loud = re * re + im * im;
    const most = (2 * (re * heard.re[k] + im * heard.im[k])) / Math.max(loud, TINY);
    const together = Math.sqrt(loud) > TINY ? Math.min(Math.max(most, 0), 1) : 1;
    for (let u = 0; u < count; u++) {
      const left = gain[u] * together;
      if (left <= NEARLY) touched = true;
      taken[u].re[k] *= 1 - left;
      taken[u].im[k] *= 1 - left;
    }
  }
  return touched ? taken.map((one) => transform.inverse(one, mixture.length)) : null;
}

/**
 * By how much the odds of a source are raised where it drowns the rest of a segment.
 * @param {Float32Array[]} mixture channels
 * @param {Float32Array[]} source channels
 */
export function prominence(mixture, source, { slope, start, most }) {
  let own = 0;
  let rest = 0;
  for (let c = 0; c < mixture.length; c++) {
    for (let n = 0; n < mixture[c].length; n++) {
      own += source[c][n] ** 2;
      rest += Math.fround(mixture[c][n] - source[c][n]) ** 2;
    }
  }
  if (slope === 0 || own === 0) return 1;
  const louder = 10 * Math.log10(own / Math.max(rest, TINY * own));
  return 10 ** (Math.min(Math.max(slope * (louder - start), 0), most) / 10);
}

/** A channel of a source with the odds of each bin raised by `factor`; in place. */
export function raise(mixture, source, factor, transform) {
  const heard = transform.forward(mixture);
  const taken = transform.forward(source);
  const more = like(heard);
  for (let k = 0; k < heard.re.length; k++) {
    const power = heard.re[k] ** 2 + heard.im[k] ** 2;
    const along = taken.re[k] * heard.re[k] + taken.im[k] * heard.im[k];
    const share = Math.min(Math.max(along / (power + TINY), 0), 1);
    const added = (factor * share) / (1 + (factor - 1) * share) - share;
    more.re[k] = added * heard.re[k];
    more.im[k] = added * heard.im[k];
  }
  const extra = transform.inverse(more, source.length);
  for (let n = 0; n < source.length; n++) source[n] += extra[n];
}
