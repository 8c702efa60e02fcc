// What is asked for, as chips; with none, everything as fine as the time line shows it.

import { $, button, el, hiddenText, icon, show } from "./dom.js";
import { lanes, VIEWS } from "./found.js";
import { isActive, recording, working } from "./state.js";
import { count, stretch } from "./words.js";

const SYMBOL = { text: "search", query: "file", span: "mark", classes: "ear" };
const KIND = { text: "in words", query: "example", span: "stretch", classes: "class" };
const SURE = [["", "as the model does"], [0.1, "10 %"], [0.2, "20 %"], [0.5, "50 %"], [0.8, "80 %"]];

/** The options of a job (docs/http.md) for what is asked. */
export function options({ asks, view, events, uploadId, refine }) {
  const values = (way) => asks.filter((ask) => ask.way === way).map((ask) => ask.value);
  const wanted = {};
  for (const way of ["classes", "text", "query", "span"]) if (values(way).length) wanted[way] = values(way);
  if (!asks.length && view === "classes") wanted.classes = lanes(events[uploadId], view).map(({ mid, name }) => mid ?? name);
  else if (!asks.length) wanted.level = view === "auto" ? "auto" : Number(view);
  if (refine.not.trim()) wanted.not = refine.not.trim();
  if (refine.threshold !== "") wanted.threshold = Number(refine.threshold);
  if (refine.maxTracks !== "") wanted.max_tracks = Number(refine.maxTracks);
  return wanted;
}

/** What a job was asked, in a few words. */
export function title(job, uploads = [], classes = []) {
  const asked = job.options ?? {};
  const name = (value) => classes.find(({ mid }) => mid === value)?.name ?? String(value);
  const parts = [
    ...[asked.classes ?? []].flat().map(name),
    ...[asked.text ?? []].flat().map((words) => `“${words}”`),
    ...[asked.query ?? []].flat().map((id) => uploads.find((upload) => upload.id === id)?.name ?? "an example"),
    ...(asked.span ?? []).map((span) => stretch({ start: span[0], end: span[1] })),
  ];
  if (!parts.length) return { auto: "Everything" }[asked.level ?? "auto"] ?? `Everything, ${VIEWS[asked.level] ?? `level ${asked.level}`}`;
  return parts.length > 2 ? `${parts[0]} and ${parts.length - 1} more` : parts.join(", ");
}

export class AskView {
  constructor({ store, actions }) {
    Object.assign(this, { store, actions });
    $("#threshold").append(...SURE.map(([value, text]) => el("option", { value }, text)));
    for (const [id, key] of [["#not", "not"], ["#threshold", "threshold"], ["#max-tracks", "maxTracks"]]) {
      $(id).addEventListener("input", (event) => actions.refine({ [key]: event.target.value }));
    }
    store.watch((state) => recording(state)?.state ?? null, (state) => show($("#ask"), state !== null && state !== "failed"));
    store.watch((state) => [state.asks, state.view, Boolean(working(state) && isActive(working(state)))], () => this.#draw());
    store.watch((state) => state.mark, (mark) => ($("#span").disabled = !mark));
    store.watch((state) => state.classes.length, () => this.#names());
  }

  #draw() {
    const { asks, view } = this.store.now;
    $("#chips").replaceChildren(...asks.map((ask, index) => this.#chip(ask, index)));
    show($("#chips"), asks.length > 0);
    $("#words").placeholder = asks.length ? "…and" : `${this.#everything(view)}, or a sound: dog, rain, “my neighbour’s mower”`;
    const now = working(this.store.now);
    $("#separate").disabled = Boolean(now && isActive(now));
    $("#separate").textContent = asks.length ? `Separate ${count(asks.length, "sound")}` : "Separate everything";
  }

  #everything(view) {
    return { auto: "Everything", classes: "Every class" }[view] ?? `Everything, ${VIEWS[view].toLowerCase()}`;
  }

  #chip(ask, index) {
    const away = button(`Do not ask for ${ask.label}`, { symbol: "close", onlyIcon: true, className: "quiet", on: { click: () => this.actions.unask(index) } });
    return el("li", { className: "chip", title: ask.label }, icon(SYMBOL[ask.way]), el("span", { className: "chip-name" }, ask.label), hiddenText(`, ${KIND[ask.way]}`), away);
  }

  #names() {
    $("#class-names").replaceChildren(...this.store.now.classes.map(({ name }) => el("option", { value: name })));
  }
}
