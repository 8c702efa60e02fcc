// From one sample rate to another, in place of the SoX resampler that Unweave uses elsewhere: a windowed sinc that lets
// pass what that lets pass (0.9115 of the lower Nyquist frequency) and stops where that stops.

const PASS = 0.9115;
const ATTENUATION = 178; // dB; with this its slope is that of the SoX resampler, too

/** Modified Bessel function of the first kind, order 0. */
function bessel(x) {
  let sum = 1;
  for (let k = 1, term = 1; term > 1e-18 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

/** Samples at `to` Hz that `samples` at `from` Hz become. */
export const resampledLength = (samples, from, to) => Math.ceil((samples * to) / from);

const filters = new Map(); // by rates, as they are the same for all channels and tracks

/** For each phase of the output the weights of 2 half + 1 samples of the input. */
function filterOf(from, to) {
  const key = `${from} ${to}`;
  if (filters.has(key)) return filters.get(key);
  const common = divisor(from, to);
  const [up, down] = [to / common, from / common];
  const lower = Math.min(from, to) / from; // the lower Nyquist frequency, in that of the input
  const cutoff = (lower * (1 + PASS)) / 2;
  const half = Math.ceil((ATTENUATION - 8) / (2.285 * Math.PI * lower * (1 - PASS)) / 2);
  const beta = 0.1102 * (ATTENUATION - 8.7);
  const whole = bessel(beta);
  const banks = new Map(); // made when first needed
  const bank = (phase) => {
    if (banks.has(phase)) return banks.get(phase);
    const weights = new Float64Array(2 * half + 1);
    let sum = 0;
    for (let k = 0; k < weights.length; k++) {
      const t = k - half - phase / up;
      const edge = Math.abs(t) / (half + 1);
      const x = Math.PI * cutoff * t;
      weights[k] = edge >= 1 ? 0 : ((x === 0 ? 1 : Math.sin(x) / x) * bessel(beta * Math.sqrt(1 - edge * edge))) / whole;
      sum += weights[k];
    }
    for (let k = 0; k < weights.length; k++) weights[k] /= sum;
    banks.set(phase, weights);
    return weights;
  };
  filters.set(key, { up, down, half, bank });
  return filters.get(key);
}

/**
 * @param {Float32Array} samples
 * @param {number} from Hz
 * @param {number} to Hz
 */
export function resample(samples, from, to) {
  if (from === to) return samples;
  const { up, down, half, bank } = filterOf(from, to);
  const result = new Float32Array(resampledLength(samples.length, from, to));
  const sounding = new Int32Array(samples.length + 1); // the next sample, from each on, that is not 0
  sounding[samples.length] = samples.length;
  for (let n = samples.length - 1; n >= 0; n--) sounding[n] = samples[n] === 0 ? sounding[n + 1] : n;
  for (let m = 0; m < result.length; m++) {
    const centre = Math.floor((m * down) / up);
    const first = Math.max(0, half - centre);
    const last = Math.min(2 * half + 1, samples.length - centre + half);
    const shift = centre - half;
    if (sounding[first + shift] >= last + shift) continue; // tracks are silent most of the time
    const weights = bank((m * down) % up);
    // Four sums at once: each waits for itself alone.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let k = first;
    for (let n = k + shift; k + 3 < last; k += 4, n += 4) {
      a += weights[k] * samples[n];
      b += weights[k + 1] * samples[n + 1];
      c += weights[k + 2] * samples[n + 2];
      d += weights[k + 3] * samples[n + 3];
    }
    for (; k < last; k++) a += weights[k] * samples[k + shift];
    result[m] = a + b + (c + d);
  }
  return result;
}
