// Every action by key, and the sheet that tells them.

import { $, button, el } from "./dom.js";

const SINGLE = "unweave-single-keys";

/** [key, how it is shown, what it does, name of the action]; Shift is part of the key's own name. */
export const KEYS = [
  ["Listen", [
    [" ", "Space", "play, pause", "play"],
    ["o", "O", "original or tracks", "compare"],
    ["l", "L", "loop the marked stretch", "loop"],
    ["ArrowLeft", "←", "back 1 s (Shift: 10 s)", "back"],
    ["ArrowRight", "→", "on 1 s (Shift: 10 s)", "on"],
    ["Home", "Home", "to the start", "start"],
    [",", ",", "to the sound before", "before"],
    [".", ".", "to the next sound", "next"],
  ]],
  ["Ask", [
    ["a", "A", "write what you want to hear", "write"],
    ["[", "[", "mark from here", "mark-start"],
    ["]", "]", "mark up to here", "mark-end"],
    ["Escape", "Esc", "unmark", "unmark"],
    ["x", "X", "ask for what sounds like the mark", "span"],
    ["Enter", "Ctrl Enter", "separate", "separate"],
    ["c", "C", "cancel", "cancel"],
  ]],
  ["Remix", [
    ["1", "1 – 9", "mute a track (Shift: solo)", "track"],
    ["m", "M", "mute the track in focus", "mute"],
    ["s", "S", "solo the track in focus", "solo"],
    ["r", "R", "all faders back", "reset"],
    ["d", "D", "take the mix away", "mix"],
    ["z", "Z", "everything as zip", "zip"],
  ]],
  ["Page", [
    ["n", "N", "a new recording", "new"],
    ["+", "+", "zoom in", "zoom-in"],
    ["-", "−", "zoom out", "zoom-out"],
    ["t", "T", "dark or light", "theme"],
    ["?", "?", "this sheet", "sheet"],
  ]],
];

const BY_KEY = new Map(KEYS.flatMap(([, lines]) => lines.map(([key, , , action]) => [key, action])));

function singleKeys() {
  try {
    return localStorage.getItem(SINGLE) !== "off";
  } catch {
    return true;
  }
}

const writes = (target) => target.closest("input:not([type=range]):not([type=checkbox]), select, textarea, [contenteditable]");
const takesArrows = (target) => target.closest("input[type=range]");
const takesSpace = (target) => target.closest("button, summary, a, input[type=checkbox]");

export function mountKeys(run) {
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) {
      if (key === "Enter" && !event.repeat) run("separate", event);
      return;
    }
    if (key === "Enter" || writes(target)) return;
    if ((key.startsWith("Arrow") || key === "Home") && takesArrows(target)) return;
    if (key === " " && takesSpace(target)) return;
    if (key.length === 1 && key !== " " && !singleKeys()) return;
    const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
    const action = digit ? "track" : (BY_KEY.get(key) ?? BY_KEY.get(key.toLowerCase()));
    if (!action) return;
    event.preventDefault();
    run(action, event, digit);
  });
  buildSheet();
}

function buildSheet() {
  const box = el("input", { type: "checkbox", checked: singleKeys(), on: { change: (event) => localStorage.setItem(SINGLE, event.target.checked ? "on" : "off") } });
  const columns = KEYS.map(([name, lines]) =>
    el("section", {}, el("h3", {}, name), el("dl", {}, ...lines.flatMap(([, shown, what]) => [el("dt", {}, el("kbd", {}, shown)), el("dd", {}, what)]))),
  );
  $("#sheet").append(
    el("div", { className: "dialog-head" }, el("h2", { id: "sheet-title" }, "Everything by key"), button("Close", { symbol: "close", onlyIcon: true, className: "quiet", on: { click: () => $("#sheet").close() } })),
    el("div", { className: "sheet-columns" }, ...columns),
    el("label", { className: "check" }, box, "Single letters act (switch off if you use voice control)"),
  );
}
