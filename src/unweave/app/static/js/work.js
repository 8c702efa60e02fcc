// A job while it waits and works, and what it says when it could not.

import { $, button, el, show } from "./dom.js";
import { say } from "./say.js";
import { isActive, working } from "./state.js";
import { capital, count, left, percent } from "./words.js";

export class WorkView {
  #bar = el("div", { className: "bar-fill" });
  #track = el("div", { className: "progress", role: "progressbar", "aria-label": "Separating", "aria-valuemin": "0", "aria-valuemax": "100" }, this.#bar);
  #text = el("p", { className: "work-text" });
  #cancel;
  #said = null;

  constructor({ store, actions }) {
    Object.assign(this, { store, actions });
    this.#cancel = button("Cancel", { does: "cancel", "aria-keyshortcuts": "c" });
    store.watch((state) => [working(state), state.refused], ([job, refused]) => this.#tell(job, refused));
    store.watch((state) => working(state)?.state ?? null, (state, all) => this.#announce(state, all));
  }

  #tell(job, refused) {
    const place = $("#work");
    const active = job && isActive(job);
    const trouble = refused ?? (job?.state === "failed" ? job.error ?? "This did not work." : null);
    show(place, Boolean(active || trouble));
    if (active) {
      if (!this.#track.isConnected) place.replaceChildren(el("div", { className: "work-line" }, this.#text, this.#cancel), this.#track);
      this.#progress(job);
    } else if (trouble) {
      place.replaceChildren(el("p", { className: "trouble", role: "alert" }, trouble));
    } else place.replaceChildren();
  }

  #progress({ state, ahead, progress }) {
    const share = progress?.fraction ?? 0;
    const waits = ahead ? `${count(ahead, "recording comes", "recordings come")} before yours` : "Begins in a moment";
    const words = state === "waiting" ? waits : [capital(progress?.what ?? "working"), left(progress?.seconds_left)].filter(Boolean).join(" · ");
    this.#text.textContent = words;
    this.#bar.style.width = `${Math.max(2, share * 100)}%`;
    this.#track.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    this.#track.setAttribute("aria-valuetext", words);
    document.title = state === "waiting" ? "Waiting · Unweave" : `${percent(share)} · Unweave`;
  }

  #announce(state, { session }) {
    if (this.#said && !["waiting", "running"].includes(state ?? "")) document.title = "Unweave";
    if (state === this.#said) return;
    const words = { waiting: "Waiting", running: "Separating", cancelled: "Cancelled" }[state];
    if (words) say(words);
    if (state === null && ["waiting", "running"].includes(this.#said) && session.jobs.length) say("The tracks are there.");
    this.#said = state;
  }
}
