// The page: takes a recording, shows what is done with it and what came of it.

import { Desk } from "./desk.js";
import { decoded } from "./engine/decoding.js";

const MOST_SECONDS = 300;
const MOST_CHANNELS = 2;
const WORDS = {
  fetching: "Fetching the model",
  starting: "Getting ready",
  listening: "Listening",
  separating: "Taking it apart",
};
const find = (id) => document.getElementById(id);
const [file, work, what, bar, status, fault, results, ask, names, events] = [
  "file", "work", "what", "bar", "status", "fault", "results", "ask", "names", "events",
].map(find);

const audio = new AudioContext();
let conductor = null; // started with the first recording
let about = null;
let asked = null;

/** As many workers as the machine bears: each holds the model once. */
function workers() {
  const cores = navigator.hardwareConcurrency || 2;
  const small = matchMedia("(pointer: coarse)").matches || (navigator.deviceMemory ?? 8) <= 4;
  return Math.max(1, Math.min(small ? 2 : 4, cores > 2 ? Math.floor(cores / 2) : cores));
}

function start() {
  if (conductor) return;
  conductor = new Worker(new URL("engine/conductor.js", import.meta.url), { type: "module" });
  conductor.onmessage = ({ data }) => hear[data.type](data);
  conductor.onerror = (event) => hear.failed({ sentence: event.message || "This browser cannot run the page; a newer one can." });
  const here = (path) => new URL(path, import.meta.url).href;
  conductor.postMessage({ what: "open", model: here("model/"), runtime: here("vendor/ort.wasm.min.mjs"), workers: workers() });
}

const hear = {
  progress({ what: stage, done, total }) {
    if (what.textContent !== WORDS[stage]) status.textContent = what.textContent = WORDS[stage];
    if (stage === "starting") bar.removeAttribute("value");
    else bar.value = done / total;
  },
  ready({ classes }) {
    find("classes").replaceChildren(...classes.map((value) => Object.assign(document.createElement("option"), { value })));
  },
  heard({ events: found }) {
    const row = ({ name, start, end, probability }) => {
      const cells = [name, `${start.toFixed(1)} s`, `${end.toFixed(1)} s`, `${Math.round(100 * probability)} %`];
      const line = document.createElement("tr");
      line.append(...cells.map((textContent) => Object.assign(document.createElement("td"), { textContent })));
      return line;
    };
    events.querySelector("tbody").replaceChildren(...found.map(row));
    events.hidden = !found.length;
  },
  tracks({ tracks }) {
    const title = asked === null ? about.title : `${asked} in ${about.title}`;
    const desk = new Desk(audio, { ...about, title }, tracks);
    results.prepend(desk.node);
    busy(false);
    const count = tracks.length - 1;
    status.textContent = count ? `Done: ${count} ${count === 1 ? "sound" : "sounds"} and everything else.` : "Done: nothing in it is known surely; ask for it by name.";
    if (!count) complain(status.textContent, false);
    ask.hidden = false;
    desk.node.querySelector("h2").focus({ preventScroll: true });
  },
  failed({ sentence }) {
    complain(sentence);
    ask.hidden = !results.childElementCount;
    if (sentence.includes("model is not here") || sentence.includes("fetched")) {
      conductor.terminate();
      conductor = null;
    }
  },
};

function busy(on) {
  document.body.classList.toggle("busy", on);
  work.hidden = !on;
  fault.hidden = true;
  for (const field of ask.elements) field.disabled = on;
}

function complain(sentence, stop = true) {
  if (stop) busy(false);
  fault.textContent = sentence;
  fault.hidden = false;
}

/** Decode a file at its own rate and hand it over. */
async function take(blob, title) {
  busy(true);
  results.replaceChildren();
  ask.hidden = events.hidden = true;
  status.textContent = what.textContent = "Reading the recording";
  bar.removeAttribute("value");
  start();
  try {
    const { channels: all, rate } = await decoded(await blob.arrayBuffer(), title);
    const channels = all.slice(0, MOST_CHANNELS).map((channel) => channel.slice(0, MOST_SECONDS * rate));
    const cut = channels[0].length < all[0].length ? " (its first 5 minutes)" : "";
    about = { title: title + cut, stem: title.replace(/\.[^.]+$/, ""), rate };
    asked = null;
    conductor.postMessage({ what: "separate", channels, rate }, channels.map((channel) => channel.buffer));
  } catch (error) {
    complain(error.message);
  }
}

file.onchange = () => {
  if (file.files[0]) take(file.files[0], file.files[0].name);
  file.value = "";
};
find("example").onclick = async () => {
  const answer = await fetch("example.flac");
  if (answer.ok) take(await answer.blob(), "example.flac");
  else complain("The example is not here; build this page with make try.");
};
ask.onsubmit = (event) => {
  event.preventDefault();
  const wanted = names.value.trim();
  if (!wanted) return;
  asked = wanted;
  busy(true);
  conductor.postMessage({ what: "ask", names: [wanted] });
};
const drop = find("drop");
for (const type of ["dragover", "drop", "dragleave"]) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", type === "dragover");
    const dropped = type === "drop" && !document.body.classList.contains("busy") && event.dataTransfer.files[0];
    if (dropped) take(dropped, dropped.name);
  });
}
