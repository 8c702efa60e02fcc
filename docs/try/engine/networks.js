// The three graphs of an exported model, run by ONNX Runtime Web; one segment at a time.

import { Transform, prominence, raise, surplus } from "./spectra.js";

/** Hears and separates segments; what `unweave_light.networks` and one round of `unweave_light.separating` do. */
export class Networks {
  /**
   * @param ort onnxruntime-web
   * @param told light.json
   * @param {Record<string, Uint8Array>} graphs by name
   */
  static async load(ort, told, graphs) {
    const sessions = {};
    for (const name of ["tagger", "encoder", "decoder"]) {
      sessions[name] = await ort.InferenceSession.create(graphs[name], { executionProviders: ["wasm"] });
    }
    return new Networks(ort, told, sessions);
  }

  constructor(ort, told, sessions) {
    this.ort = ort;
    this.told = told;
    this.sessions = sessions;
    this.transforms = Object.fromEntries(
      Object.entries(told.transforms).map(([name, lengths]) => [name, new Transform(lengths)]),
    );
  }

  /** Probabilities of a mono segment, (K,), over time, (F', K), and those that a separator is told of, (K,). */
  async hear(segment) {
    const spectra = this.transforms.tagger.forward(segment);
    const power = new Float32Array(spectra.re.length);
    for (let k = 0; k < power.length; k++) power[k] = spectra.re[k] ** 2 + spectra.im[k] ** 2;
    const found = await this.run("tagger", [[power, [1, spectra.frames, spectra.bins]]]);
    return { clip: found.out0.data, frames: found.out1.data, count: found.out1.dims[1], own: found.out2.data };
  }

  /**
   * What each condition asks for in a segment.
   * @param {Float32Array[]} channels
   * @param {Float32Array[]} conditions one for each track that is active here
   * @param {boolean} exclusive whether together they may hold no more than there is
   * @returns {Promise<Float32Array[][]>} the channels of each track
   */
  async separate(channels, conditions, exclusive) {
    const rows = distinct(channels);
    const tracks = conditions.map(() => channels.map((channel) => new Float32Array(channel.length)));
    for (const same of rows) {
      const encoded = await this.encode(channels[same[0]]);
      for (const [u, told] of conditions.entries()) {
        const source = await this.decode(encoded, told, channels[0].length);
        for (const c of same) tracks[u][c].set(source);
      }
    }
    const { prominence: slope } = this.told.settings;
    const { prominent_from: start, prominent_most: most } = this.told.constants;
    for (const track of tracks) {
      const factor = prominence(channels, track, { slope, start, most });
      if (factor === 1) continue;
      for (const same of rows) {
        raise(channels[same[0]], track[same[0]], factor, this.transforms.prominence);
        for (const c of same.slice(1)) track[c].set(track[same[0]]);
      }
    }
    if (!exclusive || tracks.length < 2) return tracks;
    for (const same of rows) {
      const mine = tracks.map((track) => track[same[0]]);
      const much = surplus(channels[same[0]], mine, this.transforms.sharing);
      if (much === null) continue;
      for (const [u, own] of mine.entries()) {
        for (let n = 0; n < own.length; n++) own[n] -= much[u][n];
        for (const c of same.slice(1)) tracks[u][c].set(own);
      }
    }
    return tracks;
  }

  async encode(segment) {
    const spectra = this.transforms.separator.forward(segment);
    const bins = spectra.bins - 1; // the top bin is left out
    const magnitude = new Float32Array(bins * spectra.frames);
    for (let f = 0; f < spectra.frames; f++) {
      for (let k = 0; k < bins; k++) {
        const at = f * spectra.bins + k;
        magnitude[k * spectra.frames + f] = Math.sqrt(spectra.re[at] ** 2 + spectra.im[at] ** 2);
      }
    }
    const found = await this.run("encoder", [[magnitude, [1, bins, spectra.frames]]]);
    const features = Object.keys(found).map((_, number) => found[`out${number}`]);
    return { spectra, features };
  }

  async decode({ spectra, features }, condition, length) {
    const { out0: mask } = await this.run("decoder", [[condition, [1, condition.length]], ...features]);
    const bins = spectra.bins - 1;
    const half = spectra.frames * bins;
    const source = { ...spectra, re: new Float32Array(spectra.re.length), im: new Float32Array(spectra.im.length) };
    for (let f = 0; f < spectra.frames; f++) {
      for (let k = 0; k < bins; k++) {
        const at = f * spectra.bins + k;
        const re = mask.data[f * bins + k];
        const im = mask.data[half + f * bins + k];
        source.re[at] = spectra.re[at] * re - spectra.im[at] * im;
        source.im[at] = spectra.re[at] * im + spectra.im[at] * re;
      }
    }
    return this.transforms.separator.inverse(source, length);
  }

  async run(name, inputs) {
    const feeds = {};
    inputs.forEach((input, number) => {
      feeds[`in${number}`] = Array.isArray(input) ? new this.ort.Tensor("float32", ...input) : input;
    });
    return this.sessions[name].run(feeds);
  }
}

/** The different sounds of a segment: which channels hold each; silent ones hold none. */
function distinct(channels) {
  const rows = [];
  channels.forEach((channel, c) => {
    if (!channel.some((value) => value !== 0)) return;
    const same = rows.find((row) => channels[row[0]].every((value, n) => value === channel[n]));
    if (same) same.push(c);
    else rows.push([c]);
  });
  return rows;
}
