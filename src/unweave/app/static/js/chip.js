// One sound that is asked for, as it stands before the box.

import { button, el, hiddenText, icon } from "./dom.js";

const SYMBOL = { level: "layers", text: "search", query: "file", span: "mark", classes: "ear" };
const KIND = { level: "level", text: "in words", query: "example", span: "stretch", classes: "class" };
const SOFTEST = -60;
const LOUDEST = 60; // dB

/** `mode` is what becomes of it; with "gain" it has a number of dB. */
export function chip(ask, { mode, change, away }) {
  const not = ask.way === "level" || ask.way === "text" ? null : turn(ask, change);
  const decibels = mode === "gain" && !ask.not ? gain(ask, change) : null;
  const gone = button(`Do not ask for ${ask.label}`, { symbol: "close", onlyIcon: true, className: "quiet", on: { click: away } });
  const name = el("span", { className: "chip-name" }, ask.label);
  const about = hiddenText(`, ${KIND[ask.way]}${ask.not ? ", not meant" : ""}`);
  return el("li", { className: `chip${ask.not ? " is-not" : ""}`, title: ask.label }, icon(SYMBOL[ask.way]), name, about, decibels, not, gone);
}

function turn(ask, change) {
  const label = `not ${ask.label}: leave out what sounds like it`;
  return el("button", { type: "button", className: "chip-not", "aria-pressed": String(Boolean(ask.not)), "aria-label": label, title: label, "data-key": `not-${ask.value}`, on: { click: () => change({ not: !ask.not }) } }, "not");
}

function gain(ask, change) {
  const number = el("input", {
    type: "number", min: SOFTEST, max: LOUDEST, step: 0.5, value: ask.db, className: "chip-db", "aria-label": `${ask.label}, louder or softer, in dB`, "data-key": `db-${ask.value}`,
    on: { change: (event) => change({ db: Math.max(SOFTEST, Math.min(Number(event.target.value) || 0, LOUDEST)) }) },
  });
  return el("span", { className: "chip-gain" }, number, el("span", { "aria-hidden": "true" }, "dB"));
}
