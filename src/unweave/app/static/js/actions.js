// Everything that people can do, one method each.

import { get, request, save, upload } from "./api.js";
import { say, toast } from "./say.js";
import { isActive, recording, recordings, result, working } from "./state.js";
import { MODES, options, thousandths } from "./wanted.js";
import { size, stretch } from "./words.js";

const MIX_POLL = 400; // ms
const SOFTER = -6; // dB, what "louder, softer" begins with

export class Actions {
  #sending = null;

  constructor({ store, player }) {
    Object.assign(this, { store, player });
  }

  /** Do something of which the server may say no; its sentence is shown. */
  async #try(what) {
    try {
      return await what();
    } catch (error) {
      if (error.code !== "aborted") toast(error.message, { trouble: true });
      return null;
    }
  }

  async take(file) {
    const limit = this.store.now.server?.limits.bytes ?? Infinity;
    if (file.size > limit) return toast(`${file.name} has ${size(file.size)}; up to ${size(limit)} can be taken.`, { trouble: true });
    this.store.set({ uploadId: null });
    await this.#taking(file.name, (onProgress, signal) => upload(file, { onProgress, signal }));
  }

  async demo() {
    await this.#taking("the demo scene", () => request("POST", "/api/demo"));
  }

  async #taking(name, send) {
    const control = (this.#sending = new AbortController());
    this.store.set({ taking: { name, fraction: 0 } });
    const made = await this.#try(() => send((fraction) => this.store.set({ taking: { name, fraction } }), control.signal));
    this.store.set({ taking: null });
    if (made) this.open(made);
  }

  stopTaking() {
    this.#sending?.abort();
  }

  /** Look at a recording; the session may not have told of it yet. */
  open(made) {
    const { session } = this.store.now;
    const known = session.uploads.some(({ id }) => id === made.id);
    const uploads = known ? session.uploads : [...session.uploads, made];
    this.store.set({ session: { ...session, uploads }, uploadId: made.id, jobId: null, group: null, view: "auto", asks: [], mark: null, refused: null });
    say(`${made.name} is there.`);
  }

  home() {
    this.player.pause();
    this.store.set({ uploadId: null, refused: null });
  }

  see(view) {
    this.store.set({ view });
  }

  seeResult(jobId) {
    this.store.set({ jobId, group: null });
  }

  hear(group) {
    this.store.set({ group });
  }

  /** Ask for a sound; once more, and it is not asked for any longer. */
  ask(ask) {
    const { asks } = this.store.now;
    const same = (other) => other.way === ask.way && JSON.stringify(other.value) === JSON.stringify(ask.value);
    const there = asks.some(same);
    const added = { not: false, db: SOFTER, ...ask };
    this.store.set({ asks: there ? asks.filter((other) => !same(other)) : [...asks, added], refused: null });
    say(there ? `${ask.label} is not asked for any longer.` : `${ask.label} is asked for.`);
  }

  /** Change one that is asked for: `not` meant, or so many `db`. */
  amend(index, change) {
    this.store.set({ asks: this.store.now.asks.map((ask, place) => (place === index ? { ...ask, ...change } : ask)), refused: null });
  }

  /** Another thing is to become of the recording; only tracks are made of words and of levels. */
  become(mode) {
    const { asks } = this.store.now;
    const kept = MODES[mode].tracks ? asks : asks.filter(({ way }) => way !== "text" && way !== "level");
    if (kept.length < asks.length) toast("Words and levels make tracks; here it takes a sound by its name, an example or a stretch.", { id: "mode" });
    this.store.set({ mode, asks: kept, refused: null });
    say(MODES[mode].title);
  }

  unask(index) {
    const { asks } = this.store.now;
    const gone = asks.at(index);
    if (!gone) return;
    this.store.set({ asks: asks.filter((ask) => ask !== gone), refused: null });
    say(`${gone.label} is not asked for any longer.`);
  }

  refine(change) {
    this.store.set({ refine: { ...this.store.now.refine, ...change } });
  }

  async example(file) {
    const made = await this.#try(() => upload(file, { listen: false }));
    if (!made) return;
    this.store.set({ examples: [...this.store.now.examples, made.id] });
    this.ask({ way: "query", value: made.id, label: file.name });
  }

  span() {
    const { mark } = this.store.now;
    if (!mark) return;
    const value = [mark.start, mark.end].map(thousandths);
    this.ask({ way: "span", value, label: stretch(mark) });
  }

  mark(mark) {
    this.store.set({ mark });
  }

  async separate() {
    const state = this.store.now;
    const now = working(state);
    if (!recording(state) || recording(state).state === "failed" || (now && isActive(now))) return;
    if (!MODES[state.mode].tracks && !state.asks.some((ask) => !ask.not)) return; // nothing to change
    this.store.set({ refused: null });
    try {
      const job = await request("POST", "/api/jobs", { upload: state.uploadId, options: options(state) });
      const { session } = this.store.now;
      const known = session.jobs.some(({ id }) => id === job.id);
      this.store.set({ jobId: null, group: null, session: { ...session, jobs: known ? session.jobs : [...session.jobs, job] } });
    } catch (error) {
      this.store.set({ refused: error.message });
    }
  }

  async cancel() {
    const job = working(this.store.now);
    if (job && isActive(job)) await this.#try(() => request("POST", `${job.url}/cancel`));
  }

  tracksAre(tracks) {
    const job = result(this.store.now);
    const start = job.part?.start ?? 0;
    this.player.setTracks(tracks.map(({ index, played }) => ({ id: `${job.id}/${index}`, sound: played, start })));
  }

  seek(to) {
    this.player.seek(to);
  }

  original(on) {
    if (!this.player.mixer) return;
    this.player.setOriginal(on);
    say(on ? "Original" : "Tracks");
  }

  loop() {
    const { mark } = this.store.now;
    if (!mark && !this.player.looping) return toast("Mark a stretch first: drag over the recording, or press [ and ].");
    this.player.setLoop(mark, !this.player.looping);
    say(this.player.looping ? "Looping" : "Not looping");
  }

  /** The mix as heard is made by the server from the tracks themselves, at their full precision. */
  async takeMix(as, format = "wav") {
    const job = result(this.store.now);
    if (!job) return;
    const gains = {};
    for (const [id, factor] of this.player.mixer.heard()) if (factor > 0) gains[id.split("/")[1]] = factor;
    const note = toast("Mixing…", { id: "mix" });
    await this.#try(async () => {
      let mix = await request("POST", `${job.url}/mix`, as === "video" ? { gains, as } : { gains, as, format });
      while (isActive(mix)) {
        await new Promise((resolve) => setTimeout(resolve, MIX_POLL));
        mix = await get(mix.url);
      }
      if (mix.state !== "done") throw new Error(mix.error ?? "The mix was not made.");
      save(`${mix.tracks[0].sound}?download=true`);
      toast("The mix is in your downloads.", { id: "mix" });
    });
    note.remove();
  }

  /** Recordings and jobs as the server tells them. */
  session(session) {
    const { uploadId, uploads } = { uploads: session.uploads, uploadId: this.store.now.uploadId };
    const gone = uploadId && !uploads.some(({ id }) => id === uploadId);
    if (gone) toast("That recording has been deleted from the server.");
    this.store.set({ session, ...(gone ? { uploadId: null } : {}) });
  }

  /** After a reload: back to the newest recording. */
  restore() {
    const newest = recordings(this.store.now).at(-1);
    if (newest) this.open(newest);
  }
}
