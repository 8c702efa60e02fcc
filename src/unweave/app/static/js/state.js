// What the page knows, in one place. Views watch parts of it; actions.js changes it.

const keyOf = (seen) => (typeof seen === "object" ? JSON.stringify(seen) : seen);

/** Watchers are told in the order in which they came. */
export class Store {
  #state;
  #watchers = [];

  constructor(state) {
    this.#state = state;
  }

  get now() {
    return this.#state;
  }

  set(patch) {
    this.#state = { ...this.#state, ...patch };
    for (const watcher of [...this.#watchers]) {
      const seen = watcher.look(this.#state);
      const key = keyOf(seen);
      if (key === watcher.key) continue;
      watcher.key = key;
      watcher.then(seen, this.#state);
    }
  }

  /** Call `then` now and whenever what `look` picks from the state has changed. */
  watch(look, then) {
    const seen = look(this.#state);
    this.#watchers.push({ look, then, key: keyOf(seen) });
    then(seen, this.#state);
  }
}

export const initial = () => ({
  server: null, // GET /api/server
  session: { uploads: [], jobs: [] },
  connected: true,
  uploadId: null, // the recording that is looked at; null is the welcome
  jobId: null, // the result that is looked at; null is the newest
  group: null, // the set of tracks that is heard
  events: {}, // by the id of an upload
  classes: [],
  view: "auto", // of what was found: auto, a level, classes
  examples: [], // ids of uploads that are such
  mode: "separate", // what becomes of the recording; see MODES of wanted.js
  asks: [], // [{way: "level" | "classes" | "text" | "query" | "span", value, label, not, db}]
  refine: { threshold: "", maxTracks: "", strength: "", quality: "", residual: true, output: "", model: "", part: false },
  mark: null, // {start, end} in s
  taking: null, // {name, fraction} while a file is sent
  refused: null, // a sentence about what was asked last
});

/** Example sounds are uploaded without events being looked for; after a reload that is how they are known. */
export const recordings = ({ session, examples }) =>
  session.uploads.filter((upload) => !examples.includes(upload.id) && (upload.state !== "ready" || upload.events));

export const recording = (state) => state.session.uploads.find((upload) => upload.id === state.uploadId) ?? null;

/** What was asked of the recording that is looked at, oldest first. */
export const asked = (state) => state.session.jobs.filter((job) => job.upload === state.uploadId && job.kind !== "mix");

const ACTIVE = ["waiting", "running"];
export const isActive = (job) => ACTIVE.includes(job.state);

/** The newest job of this recording, if it still works or has failed. */
export function working(state) {
  const last = asked(state).at(-1);
  return last && last.state !== "done" ? last : null;
}

export function result(state) {
  const done = asked(state).filter((job) => job.state === "done");
  return done.find((job) => job.id === state.jobId) ?? done.at(-1) ?? null;
}

export const groups = (job) => [...new Set(job?.tracks.map((track) => track.group) ?? [])];

/** The tracks that are heard together: those of one group, which add up to the recording, or a changed recording. */
export function heard(state) {
  const job = result(state);
  const names = groups(job);
  const group = names.includes(state.group) ? state.group : names[0];
  return job ? job.tracks.filter((track) => track.group === group) : [];
}
