// What is asked for, as the options of a job (docs/http.md), and the other way round in a few words.

import { levelOf, VIEWS } from "./views.js";
import { capital, stretch, timeOf } from "./words.js";

/** What becomes of the recording: what is asked, what the button says, and whether words and levels will do. */
export const MODES = {
  separate: { tab: "Tracks", title: "What do you want to hear?", does: "Separate", tracks: true },
  remove: { tab: "Take out", title: "What should go?", does: "Take out" },
  keep: { tab: "Keep only", title: "What should stay?", does: "Keep" },
  gain: { tab: "Louder, softer", title: "What should be louder, what softer?", does: "Change" },
};

/** Formats as people know them; the empty one suits the recording, a video for a changed video. */
export const OUTPUTS = {
  "": "as it suits the recording",
  wav: "WAV",
  "wav PCM_16": "WAV, 16 bit",
  "wav PCM_24": "WAV, 24 bit",
  "wav FLOAT": "WAV, 32 bit float",
  flac: "FLAC",
  "flac PCM_16": "FLAC, 16 bit",
  mp3: "MP3",
  m4a: "M4A",
  opus: "Opus",
  ogg: "Ogg",
};

export const everything = (view) => ({ auto: "Everything", classes: "Every class" })[view] ?? `Everything, ${VIEWS[view].toLowerCase()}`;

/** How a sound is called where words, classes, stretches and examples stand side by side. */
const what = ({ way, value }) => (way === "span" ? `${timeOf(value[0])}-${timeOf(value[1])}` : value);

function ways({ asks, view }) {
  const values = (way) => asks.filter((ask) => ask.way === way && !ask.not).map((ask) => ask.value);
  const wanted = {};
  for (const way of ["level", "classes", "text", "query", "span"]) if (values(way).length) wanted[way] = values(way);
  return Object.keys(wanted).length ? wanted : { level: levelOf(view) };
}

function changes({ asks, mode }) {
  const meant = asks.filter((ask) => !ask.not);
  return { [mode]: mode === "gain" ? Object.fromEntries(meant.map((ask) => [what(ask), ask.db])) : meant.map(what) };
}

export function options(state) {
  const { asks, mark, mode, refine } = state;
  const wanted = MODES[mode].tracks ? ways(state) : changes(state);
  const not = asks.filter((ask) => ask.not).map(what);
  if (not.length) wanted.not = not;
  if (refine.part && mark) Object.assign(wanted, { start: thousandths(mark.start), end: thousandths(mark.end) });
  if (refine.threshold) wanted.threshold = Number(refine.threshold);
  if (refine.quality) wanted.quality = refine.quality;
  if (refine.output) [wanted.format, wanted.subtype] = refine.output.split(" ");
  if (refine.model) wanted.model = refine.model;
  if (!MODES[mode].tracks) return wanted;
  if (refine.maxTracks) wanted.max_tracks = Number(refine.maxTracks);
  if (refine.strength) wanted.strength = Number(refine.strength);
  if (!refine.residual) wanted.residual = false;
  return wanted;
}

export const thousandths = (seconds) => Math.round(seconds * 1000) / 1000;

/** What a job was asked, in a few words. */
export function title(job, uploads = [], classes = []) {
  const asked = job.options ?? {};
  const example = (id) => uploads.find((upload) => upload.id === id)?.name;
  const name = (value) => classes.find(({ mid }) => mid === value)?.name ?? example(value) ?? String(value);
  const list = (value) => [value ?? []].flat();
  const parts = [
    ...list(asked.level).filter((level) => level !== "auto" || asked.classes || asked.text).map((level) => everything(String(level))),
    ...list(asked.classes).map(name),
    ...list(asked.text).map((words) => `“${words}”`),
    ...list(asked.query).map((id) => example(id) ?? "an example"),
    ...spans(asked.span),
    ...list(asked.remove).map(name),
    ...list(asked.keep).map(name),
    ...Object.entries(asked.gain ?? {}).map(([value, db]) => `${name(value)} ${db > 0 ? "+" : "−"}${Math.abs(db)} dB`),
  ];
  const all = parts.length > 2 ? `${parts[0]} and ${parts.length - 1} more` : parts.join(", ");
  const told = asked.remove ? `Without ${all}` : asked.keep ? `Only ${all}` : all || "Everything";
  return capital(job.part ? `${told}, in part` : told);
}

const spans = (given) => (given ?? []).map((span) => (Array.isArray(span) ? stretch({ start: span[0], end: span[1] }) : String(span)));
