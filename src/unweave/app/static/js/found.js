// What was found: one lane for each sound with when it sounds, coarse to fine. A click on a name asks for it.

import { $, el, hiddenText, icon } from "./dom.js";
import { recording } from "./state.js";
import { lanes, levelOf, viewsOf, VIEWS } from "./views.js";
import { everything, MODES } from "./wanted.js";
import { count, percent, stretch } from "./words.js";

const FEW = 8; // lanes that are shown at first

export class FoundView {
  #all = false;

  constructor({ store, view, actions }) {
    Object.assign(this, { store, view, actions });
    store.watch(
      (state) => ({
        upload: [recording(state)?.id, recording(state)?.state],
        events: Object.keys(state.events),
        view: state.view,
        asks: state.asks,
        mode: state.mode,
      }),
      () => this.#draw(),
    );
  }

  #draw() {
    const upload = recording(this.store.now);
    const place = $("#found");
    const focused = document.activeElement?.closest("#found [data-key]")?.dataset.key;
    const events = this.store.now.events[upload?.id];
    if (!events) {
      const waits = upload && ["looking", "listening"].includes(upload.state);
      place.replaceChildren(...(waits ? [this.#waiting()] : []));
      return;
    }
    const found = lanes(events, this.store.now.view);
    const shown = this.#all ? found : found.slice(0, FEW);
    place.replaceChildren(this.#tabs(events), ...shown.map((lane) => this.#lane(lane)));
    if (!found.length) place.append(el("p", { className: "empty" }, "Nothing that it knows sounds clearly here. You can still ask for a sound below."));
    if (found.length > FEW) {
      const text = this.#all ? "Show fewer" : `Show all ${found.length}`;
      place.append(el("div", { className: "row" }, el("div", { className: "head" }, el("button", { type: "button", className: "quiet", "data-key": "all", on: { click: () => ((this.#all = !this.#all), this.#draw()) } }, text))));
    }
    if (focused) $(`[data-key="${CSS.escape(focused)}"]`, place)?.focus();
  }

  #waiting() {
    return el("div", { className: "row", role: "presentation" }, el("div", { className: "head" }, el("span", { className: "muted" }, "Listening…")), el("div", { className: "lane shimmer" }));
  }

  #tabs(events) {
    const { view } = this.store.now;
    const tabs = viewsOf(events).map((one) =>
      el("button", { type: "button", "aria-pressed": String(one === view), "data-key": `view-${one}`, on: { click: () => this.actions.see(one) } }, VIEWS[one]),
    );
    const level = { way: "level", value: levelOf(view), label: everything(view) };
    const asked = this.store.now.asks.some((ask) => ask.way === "level" && ask.value === level.value);
    const all = el("button", { type: "button", className: "quiet", "aria-pressed": String(asked), "data-key": "level", on: { click: () => this.actions.ask(level) } }, icon("plus"), "Ask for all of these");
    return el(
      "div",
      { className: "found-head" },
      el("h2", { className: "eyebrow" }, "What sounds"),
      el("div", { className: "tabs", role: "group", "aria-label": "Coarse to fine" }, ...tabs),
      MODES[this.store.now.mode].tracks ? all : null,
    );
  }

  #lane({ name, mid, probability, events }) {
    const asked = this.store.now.asks.some((ask) => ask.way === "classes" && !ask.not && ask.value === (mid ?? name));
    const total = this.view.seconds;
    const chooser = el(
      "button",
      { type: "button", className: "found-name", "aria-pressed": String(asked), title: asked ? "Do not ask for it" : "Ask for it", "data-key": mid ?? name, on: { click: () => this.actions.ask({ way: "classes", value: mid ?? name, label: name }) } },
      el("span", { className: "tick" }, icon("plus")),
      el("span", { className: "name" }, name),
      el("span", { className: "sure" }, percent(probability), hiddenText(` sure, ${count(events.length, "time")}`)),
    );
    const bars = events.map((event) => {
      const bar = el("span", { className: "bar", title: `${name}, ${stretch(event)}`, on: { click: (click) => (click.stopPropagation(), this.actions.mark({ start: event.start, end: event.end }), this.actions.seek(event.start)) } });
      bar.style.left = `${(event.start / total) * 100}%`;
      bar.style.width = `${((event.end - event.start) / total) * 100}%`;
      bar.style.opacity = String(0.35 + 0.65 * event.probability);
      return bar;
    });
    return el("div", { className: `row found-row${asked ? " is-asked" : ""}` }, el("div", { className: "head" }, chooser), el("div", { className: "lane", "aria-hidden": "true" }, ...bars));
  }
}
