// The box in which people write: names of classes while they type, and their own words always.

import { $, el, show } from "./dom.js";
import { say } from "./say.js";
import { MODES } from "./wanted.js";
import { count } from "./words.js";

const MOST = 8;

/** Classes for what was typed: those that begin with it first, then those with a word that does, then the rest. */
export function matching(classes, typed) {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return [];
  const rank = ({ name, learnt }) => {
    const text = name.toLowerCase();
    const place = text.startsWith(wanted) ? 0 : text.split(/[^a-z0-9]+/).some((word) => word.startsWith(wanted)) ? 2 : text.includes(wanted) ? 4 : 9;
    return place + (learnt ? 0 : 1);
  };
  return classes
    .map((one) => ({ ...one, rank: rank(one) }))
    .filter((one) => one.rank < 9)
    .sort((a, b) => a.rank - b.rank || a.name.length - b.name.length)
    .slice(0, MOST);
}

export class Search {
  #options = [];
  #at = -1;
  #input = $("#words");
  #list = $("#words-list");

  constructor({ store, actions }) {
    Object.assign(this, { store, actions });
    this.#input.addEventListener("input", () => this.#look());
    store.watch((state) => state.classes.length, () => document.activeElement === this.#input && this.#look());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("blur", () => this.#close());
    this.#list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the box keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) this.#take(Number(option.dataset.index));
    });
  }

  #look() {
    const typed = this.#input.value.trim();
    this.#options = matching(this.store.now.classes, typed).map((one) => ({
      ask: { way: "classes", value: one.mid, label: one.name },
      note: one.learnt ? (one.holds > 1 ? `with ${one.holds - 1} finer` : "") : "not learnt; what is nearest stands in",
      text: one.name,
      learnt: one.learnt,
    }));
    if (typed && MODES[this.store.now.mode].tracks) this.#options.push({ ask: { way: "text", value: typed, label: typed }, text: `“${typed}”`, note: "in your words", learnt: true });
    this.#at = -1;
    this.#draw();
    if (typed) say(count(this.#options.length, "suggestion"));
  }

  #draw() {
    this.#list.replaceChildren(
      ...this.#options.map(({ text, note, learnt }, index) =>
        el("li", { role: "option", id: `option-${index}`, "aria-selected": String(index === this.#at), "data-index": index, className: learnt ? "" : "is-unlearnt" }, el("span", {}, text), el("small", {}, note)),
      ),
    );
    const open = this.#options.length > 0;
    show(this.#list, open);
    this.#input.setAttribute("aria-expanded", String(open));
    if (open) this.#list.scrollIntoView({ block: "nearest" });
    if (this.#at >= 0) this.#input.setAttribute("aria-activedescendant", `option-${this.#at}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#options.length) {
      const places = this.#options.length + 1; // one of them is the box itself
      this.#at = ((this.#at + 1 + step + places) % places) - 1;
      this.#draw();
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      if (this.#options.length) this.#take(this.#at);
      else if (!this.#input.value.trim()) this.actions.separate();
    } else if (event.key === "Escape" && this.#options.length) {
      event.stopPropagation();
      this.#close();
    } else if (event.key === "Backspace" && !this.#input.value) {
      this.actions.unask(-1);
      return;
    } else return;
    event.preventDefault();
  }

  /** An option, or for -1 what was typed: a class if it is the name of one, else words. */
  #take(index) {
    const typed = this.#input.value.trim().toLowerCase();
    const named = this.#options.find(({ text }) => text.toLowerCase() === typed);
    const option = this.#options[index] ?? named ?? this.#options.at(-1);
    this.#input.value = "";
    this.#close();
    // A class that is not learnt is refused by name, but words find what is nearest to it.
    const words = { way: "text", value: option?.text, label: option?.text };
    if (option) this.actions.ask(option.learnt || !MODES[this.store.now.mode].tracks ? option.ask : words);
  }

  #close() {
    this.#options = [];
    this.#at = -1;
    this.#draw();
  }
}
