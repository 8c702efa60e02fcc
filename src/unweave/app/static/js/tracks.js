// The results of a separation: which one is looked at, its sets of tracks, and one row for each track.

import { $, button, el, show } from "./dom.js";
import { save } from "./api.js";
import { TrackRow } from "./row.js";
import { TakeMenu } from "./take.js";
import { asked, groups, heard, recording, result } from "./state.js";
import { title } from "./wanted.js";
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
      (state) => [asked(state).filter((job) => job.state === "done").map(({ id }) => id), result(state)?.id, state.classes.length],
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
    const changed = job.kind === "change";
    const all = title(job, state.session.uploads, state.classes);
    const name = (track) => (changed ? all : track.name === "residual" ? "What is left" : track.name);
    this.#rows = tracks.map((track, place) => new TrackRow({ ...shared, track, place, name: name(track) }));
    $("#rows").replaceChildren(...this.#rows.map((row) => row.element));
    $("#warnings").replaceChildren(...(job.warnings ?? []).map((warning) => el("p", { className: "note" }, warning)));
    if (tracks.every(({ name }) => name === "residual")) {
      $("#warnings").append(el("p", { className: "note" }, tracks.length ? "Nothing of it was heard here; all of the sound is in what is left." : "Nothing of it was heard here."));
    }
    const names = groups(job);
    show($("#groups"), names.length > 1);
    $("#rows").classList.toggle("is-changed", changed);
    $("#groups").replaceChildren(
      ...names.map((name) => el("button", { type: "button", "aria-pressed": String(name === tracks[0]?.group), on: { click: () => this.actions.hear(name) } }, groupName(name))),
    );
    const zip = button("Everything as zip", { symbol: "down", "aria-keyshortcuts": "z", id: "zip", on: { click: () => save(job.zip) } });
    const file = button(`Download ${tracks[0]?.file}`, { symbol: recording(state)?.video ? "film" : "down", className: "primary", "aria-keyshortcuts": "z", id: "zip", on: { click: () => save(`${tracks[0].sound}?download=true`) } });
    $("#take").replaceChildren(...(changed ? [file] : [this.#take.element, zip]));
    const sounds = tracks.filter(({ name }) => name !== "residual").length;
    $("#tracks-title").textContent = changed ? all : count(sounds, "sound") + (sounds < tracks.length ? " and what is left" : "");
  }

  /** Earlier results stay within reach. */
  #results(state) {
    const done = asked(state).filter((job) => job.state === "done");
    const now = result(state);
    show($("#results"), done.length > 1);
    $("#results").replaceChildren(
      ...done.map((job) =>
        el("button", { type: "button", "aria-pressed": String(job === now), on: { click: () => this.actions.seeResult(job.id) } }, title(job, state.session.uploads, state.classes)),
      ),
    );
  }
}
