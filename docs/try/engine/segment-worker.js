// A worker that hears and separates one segment after another. Several of them share a recording: that needs no
// shared memory, and so no headers that a static host cannot send.

import { Networks } from "./networks.js";

let networks;

const answers = {
  async open({ told, graphs, runtime }) {
    const ort = await import(runtime);
    ort.env.wasm.wasmPaths = new URL(".", runtime).href;
    ort.env.wasm.numThreads = 1;
    networks = await Networks.load(ort, told, graphs);
    return {};
  },
  hear: ({ segment }) => networks.hear(segment),
  separate: async ({ channels, conditions, exclusive }) => ({
    tracks: await networks.separate(channels, conditions, exclusive),
  }),
};

onmessage = async ({ data }) => {
  try {
    const answer = await answers[data.what](data);
    const arrays = (answer.tracks ?? []).flat().map((samples) => samples.buffer);
    postMessage({ id: data.id, answer }, arrays);
  } catch (error) {
    postMessage({ id: data.id, error: String(error?.message ?? error) });
  }
};
