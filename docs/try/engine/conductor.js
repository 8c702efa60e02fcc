// A worker that takes a recording apart: it hears it, plans, hands segments out and joins what comes back
// (light/src/unweave_light/separating.py and tracks.py). Nothing here or in what it starts sends anything anywhere.

import { addAbove } from "./above.js";
import { autoGroup } from "./cut.js";
import { Heard, Nodes, classGroup, condition } from "./plan.js";
import { Pool } from "./pool.js";
import { resample } from "./resampling.js";
import { Joiner, cut, downmix, starts } from "./segments.js";

const say = (type, rest = {}, transfer = []) => postMessage({ type, ...rest }, transfer);
let told, nodes, pool, recording, heard;

const tasks = {
  /** Fetch the model, once. */
  async open({ model, runtime, workers }) {
    const answer = await fetch(new URL("light.json", model));
    if (!answer.ok) throw new Error("The model is not here; build this page with make try.");
    told = await answer.json();
    const total = Object.values(told.bytes).reduce((sum, size) => sum + size, 0);
    let done = 0;
    const graphs = {};
    for (const name of Object.keys(told.bytes)) {
      graphs[name] = await fetched(new URL(`${name}.onnx`, model), (size) => say("progress", { what: "fetching", done: (done += size), total }));
    }
    say("progress", { what: "starting", done: total, total });
    pool = new Pool(workers, new URL("segment-worker.js", import.meta.url));
    await pool.all({ what: "open", told, graphs, runtime });
    nodes = new Nodes(told);
    say("ready", { classes: nodes.all.filter((node) => node.known.length).map((node) => node.name) });
  },

  /** Hear a recording, say what sounds when, and separate what is surely there. */
  async separate({ channels, rate }) {
    recording = { channels, rate, length: channels[0].length };
    recording.heard = channels.map((channel) => resample(channel, rate, told.sample_rate));
    heard = new Heard(told, nodes, recording.length / rate);
    const all = starts(recording.heard[0].length, told);
    await inOrder(all, "listening", (start) => {
      const segment = downmix(cut(recording.heard, start, told.segment), told.constants.cancelled);
      return segment.some((value) => value !== 0) ? pool.run({ what: "hear", segment }) : null;
    }, (answer) => heard.add(answer));
    say("heard", { events: heard.classEvents() });
    await tracks(autoGroup(heard));
  },

  /** Take out of the same recording what was asked for by name. */
  async ask({ names }) {
    const found = names.map((name) => [name, nodes.find(name)]);
    const lost = found.filter(([, node]) => !node?.known.length && !nodes.all[node?.instead]).map(([name]) => name);
    if (lost.length) throw new Error(`The model does not know “${lost.join("”, “")}”; choose one of its names.`);
    await tracks(classGroup(heard, [...new Set(found.map(([, node]) => node))]));
  },
};

async function tracks(group) {
  const { requests } = group;
  const { channels, rate, length } = recording;
  const exclusive = told.settings.exclusive && requests.length > 1;
  const total = recording.heard[0].length;
  const joiners = requests.map(() => new Joiner(channels.length, total, told));
  const active = (i) => requests.flatMap((request, u) => (request.active[i] ? [u] : []));
  await inOrder(requests.length ? starts(total, told) : [], "separating", (start, i) => {
    const conditions = active(i).map((u) => condition(heard, requests[u], i));
    return conditions.length ? pool.run({ what: "separate", channels: cut(recording.heard, start, told.segment), conditions, exclusive }) : null;
  }, (answer, i) => {
    const there = active(i);
    joiners.forEach((joiner, u) => joiner.add(i, answer?.tracks[there.indexOf(u)] ?? null));
  });
  const sources = joiners.map(({ samples }) =>
    samples.map((channel) => resample(channel, told.sample_rate, rate).slice(0, length)),
  );
  if (sources.length && rate > told.sample_rate && told.settings.full_band) {
    const low = recording.heard.map((channel) => resample(channel, told.sample_rate, rate).slice(0, length));
    addAbove(told, rate, channels, low, sources, exclusive);
  }
  const energies = sources.map(decibels);
  const residual = channels.map((channel) => channel.slice());
  const found = kept(group, energies, decibels(channels)).map((u) => {
    sources[u].forEach((channel, c) => {
      for (let n = 0; n < length; n++) residual[c][n] -= channel[n];
    });
    const { node, probability, events } = requests[u];
    return { name: node.name, mid: node.mid, stem: node.stem, probability, events, energy: energies[u], channels: sources[u] };
  });
  found.push({ name: "residual", mid: null, stem: "residual", probability: null, events: [], energy: decibels(residual), channels: residual });
  say("tracks", { tracks: found, named: group.named }, found.flatMap((track) => track.channels.map((channel) => channel.buffer)));
}

/** Mean square in dB of full scale; null for silence. */
function decibels(channels) {
  let energy = 0;
  for (const channel of channels) for (let n = 0; n < channel.length; n++) energy += channel[n] ** 2;
  return energy > 0 ? 10 * Math.log10(energy / (channels.length * channels[0].length)) : null;
}

/** Which tracks are given back, in their order; the others stay in the residual. */
function kept({ requests, named, loudestFirst }, energies, whole) {
  const faintest = told.settings.faintest_db;
  const faint = (u) => {
    if (energies[u] === null || whole === null) return energies[u] === null;
    const share = requests[u].active.filter(Boolean).length / requests[u].active.length;
    // A short sound of a long recording is no faint one: what counts is its level while it is there.
    return energies[u] - 10 * Math.log10(Math.max(share, 1e-9)) < whole + faintest;
  };
  let numbers = requests.map((_, u) => u);
  if (!named && faintest !== null) numbers = numbers.filter((u) => !faint(u));
  if (loudestFirst) numbers.sort((a, b) => (energies[b] ?? -Infinity) - (energies[a] ?? -Infinity));
  return numbers;
}

/** Start each task early enough that no worker waits, and take the answers in order. */
async function inOrder(items, what, start, take) {
  const ahead = [];
  for (let i = 0, next = 0; i < items.length; i++) {
    for (; next < items.length && ahead.length < 2 * pool.workers.length; next++) ahead.push(start(items[next], next));
    take(await ahead.shift(), i);
    say("progress", { what, done: i + 1, total: items.length });
  }
}

async function fetched(address, progress) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`A part of the model could not be fetched (${answer.status}).`);
  const parts = [];
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    progress(value.length);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

let before = Promise.resolve();
onmessage = ({ data }) => {
  before = before.then(() => tasks[data.what](data)).catch((error) => say("failed", { sentence: String(error?.message ?? error) }));
};
