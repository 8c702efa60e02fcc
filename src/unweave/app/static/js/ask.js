// What is asked for, as chips; with none, everything as fine as the time line shows it.

import { chip } from "./chip.js";
import { $, el, show } from "./dom.js";
import { isActive, recording, working } from "./state.js";
import { everything, MODES, OUTPUTS } from "./wanted.js";
import { count } from "./words.js";

const SURE = [["", "as the model does"], [0.1, "10 %"], [0.2, "20 %"], [0.5, "50 %"], [0.8, "80 %"]];
const STRENGTHS = [["", "all of it"], [0.9, "90 %"], [0.75, "75 %"], [0.5, "half"], [0.25, "25 %"]];
const QUALITIES = [["", "fast"], ["high", "high, takes longer"]];

/** Fields below "Finer points": where they stand, and how the state calls them. */
const FIELDS = [["#threshold", "threshold"], ["#max-tracks", "maxTracks"], ["#strength", "strength"], ["#quality", "quality"], ["#output", "output"], ["#model", "model"]];

export class AskView {
  constructor({ store, actions }) {
    Object.assign(this, { store, actions });
    this.#fields();
    $("#mode").append(
      ...Object.entries(MODES).map(([mode, { tab }]) => el("button", { type: "button", "data-mode": mode, on: { click: () => actions.become(mode) } }, tab)),
    );
    store.watch((state) => recording(state)?.state ?? null, (state) => show($("#ask"), state !== null && state !== "failed"));
    store.watch((state) => [state.asks, state.view, state.mode, Boolean(working(state) && isActive(working(state)))], () => this.#draw());
    store.watch((state) => [Boolean(state.mark), state.refine.part], ([marked, part]) => {
      $("#span").disabled = $("#part").disabled = !marked;
      $("#part").setAttribute("aria-pressed", String(part && marked));
    });
    store.watch((state) => state.server?.models ?? [], (models) => this.#models(models));
  }

  #fields() {
    const options = (pairs) => pairs.map(([value, text]) => el("option", { value }, text));
    $("#threshold").append(...options(SURE));
    $("#strength").append(...options(STRENGTHS));
    $("#quality").append(...options(QUALITIES));
    $("#output").append(...options(Object.entries(OUTPUTS)));
    for (const [id, key] of FIELDS) $(id).addEventListener("input", (event) => this.actions.refine({ [key]: event.target.value }));
    $("#residual").addEventListener("change", (event) => this.actions.refine({ residual: event.target.checked }));
  }

  #models(models) {
    show($("#model").closest("label"), models.length > 1);
    $("#model").replaceChildren(...models.map(({ name }, place) => el("option", { value: place ? name : "" }, name)));
  }

  #draw() {
    const { asks, view, mode } = this.store.now;
    const { title, does, tracks } = MODES[mode];
    const meant = asks.filter((ask) => !ask.not).length;
    const focused = document.activeElement?.closest("#chips [data-key]")?.dataset.key;
    $("#chips").replaceChildren(
      ...asks.map((ask, index) => chip(ask, { mode, change: (change) => this.actions.amend(index, change), away: () => this.actions.unask(index) })),
    );
    if (focused) $(`#chips [data-key="${CSS.escape(focused)}"]`)?.focus();
    show($("#chips"), asks.length > 0);
    for (const tab of $("#mode").children) tab.setAttribute("aria-pressed", String(tab.dataset.mode === mode));
    for (const field of document.querySelectorAll("#more .for-tracks")) show(field, Boolean(tracks));
    $("#ask-title").textContent = title;
    const begin = tracks ? `${everything(view)}, or a sound: dog, rain, “my neighbour’s mower”` : "A sound: dog, rain, speech";
    $("#words").placeholder = asks.length ? "…and" : begin;
    const now = working(this.store.now);
    $("#separate").disabled = Boolean(now && isActive(now)) || (!tracks && !meant);
    $("#separate").textContent = meant ? `${does} ${count(meant, "sound")}` : tracks ? `${does} everything` : does;
  }
}
