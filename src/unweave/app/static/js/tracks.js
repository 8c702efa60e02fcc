// The results of a separation: which one is looked at, its sets of tracks, and one row for each track.

import { $, button, el, show } from "./dom.js";
import { save } from "./api.js";
import { title } from "./ask.js";
import { TrackRow } from "./row.js";
import { TakeMenu } from "./take.js";
import { groups, heard, result, separations } from "./state.js";
import { capital, count } from "./words.js";

const GROUP = { sounds: "Everything", classes: "Classes", queries: "Examples", spans: "Stretches", text: "Words" };
const groupName = (group) => GROUP[group] ?? capital(group.replace("-", " "));

export class TracksView {
  #rows = [];
  #take;

  constructor({ store, player, view, actions }) {
    Object.assign(this, { store, player, view, actions });
    this.#take = new TakeMenu({ store, actions });
    store.watch(
      (state) => [state.uploadId, result(state)?.id, heard(state).map(({ index }) => index)],
      (_, state) => this.#draw(state),
    );
    store.watch(
      (state) => [separations(state).filter((job) => job.state === "done").map(({ id }) => id), result(state)?.id, state.classes.length],
      (_, state) => this.#results(state),
    );
    player.addEventListener("change", () => this.#rows.forEach((row) => row.update()));
  }

  get rows() {
    return this.#rows;
  }

  recolour() {
    for (const row of this.#rows) row.recolour();
  }

  #draw(state) {
    const job = result(state);
    const tracks = heard(state);
    show($("#tracks"), Boolean(job));
    for (const row of this.#rows) row.remove();
    this.#rows = [];
    if (!job) return;
    const shared = { job, player: this.player, view: this.view, actions: this.actions };
    this.actions.tracksAre(tracks);
    this.#rows = tracks.map((track, place) => new TrackRow({ ...shared, track, place }));
    $("#rows").replaceChildren(...this.#rows.map((row) => row.element));
    $("#warnings").replaceChildren(...(job.warnings ?? []).map((warning) => el("p", { className: "note" }, warning)));
    if (tracks.length <= 1) $("#warnings").append(el("p", { className: "note" }, "Nothing of it was heard here; all of the sound is in what is left."));
    const names = groups(job);
    show($("#groups"), names.length > 1);
    $("#groups").replaceChildren(
      ...names.map((name) => el("button", { type: "button", "aria-pressed": String(name === tracks[0]?.group), on: { click: () => this.actions.hear(name) } }, groupName(name))),
    );
    $("#take").replaceChildren(
      this.#take.element,
      button("Everything as zip", { symbol: "down", "aria-keyshortcuts": "z", id: "zip", on: { click: () => save(job.zip) } }),
    );
    const sounds = tracks.filter(({ name }) => name !== "residual").length;
    $("#tracks-title").textContent = count(sounds, "sound") + (sounds < tracks.length ? " and what is left" : "");
  }

  /** Earlier results stay within reach. */
  #results(state) {
    const done = separations(state).filter((job) => job.state === "done");
    const now = result(state);
    show($("#results"), done.length > 1);
    $("#results").replaceChildren(
      ...done.map((job) =>
        el("button", { type: "button", "aria-pressed": String(job === now), on: { click: () => this.actions.seeResult(job.id) } }, title(job, state.session.uploads, state.classes)),
      ),
    );
  }
}
