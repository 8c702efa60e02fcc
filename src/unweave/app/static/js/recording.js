// The recording itself: its name and facts, waveform, spectrogram, ruler, and the stretch that is marked on it.

import RegionsPlugin from "/static/vendor/wavesurfer/regions.esm.js";
import TimelinePlugin from "/static/vendor/wavesurfer/timeline.esm.js";
import { $, show } from "./dom.js";
import { get } from "./api.js";
import { recording } from "./state.js";
import { drawWaveform, loudest, recolour } from "./waveform.js";
import { channels, clock, left, rate, stretch } from "./words.js";
import { theme } from "./theme.js";

const HEIGHT = 96; // px
const SHORTEST = 0.05; // s of a marked stretch

export class RecordingView {
  #surfer = null;
  #regions = null;
  #id = null;
  #placing = false;

  constructor({ store, view, actions }) {
    Object.assign(this, { store, view, actions });
    store.watch((state) => recording(state), (upload) => this.#tell(upload));
    store.watch((state) => recording(state)?.peaks ?? null, (url) => this.#draw(url));
    store.watch((state) => state.mark, (mark) => this.#mark(mark));
  }

  recolour() {
    if (this.#surfer) recolour(this.#surfer);
    this.#picture();
  }

  #tell(upload) {
    show($("#recording"), Boolean(upload));
    if (!upload) return;
    const { state, progress, seconds } = upload;
    $("#recording-title").textContent = upload.name;
    const facts = seconds
      ? [clock(seconds), rate(upload.sample_rate), channels(upload.channels), upload.video ? "video" : null]
      : [];
    const busy = { looking: "Looking at it", listening: "Listening to what sounds" }[state];
    if (busy) facts.push([`${busy}…`, left(progress?.seconds_left)].filter(Boolean).join(" "));
    $("#facts").textContent = facts.filter(Boolean).join(" · ");
    $("#recording").setAttribute("aria-busy", String(Boolean(busy)));
    show($("#recording-trouble"), state === "failed");
    $("#recording-trouble").textContent = state === "failed" ? upload.error ?? "This could not be read." : "";
    show($("#recording-scroller"), state !== "failed");
    this.#picture();
  }

  #picture() {
    const upload = recording(this.store.now);
    const picture = $("#spectrogram");
    show(picture, Boolean(upload?.spectrogram));
    if (!upload?.spectrogram) return;
    const source = `${upload.spectrogram}?theme=${theme()}`;
    if (picture.getAttribute("src") !== source) picture.src = source;
    picture.alt = `Spectrogram of ${upload.name}`;
  }

  async #draw(url) {
    const id = (this.#id = url);
    this.#surfer?.destroy();
    this.#surfer = null;
    $("#waveform").replaceChildren();
    if (!url) return;
    const peaks = await get(url);
    if (id !== this.#id) return; // another recording was chosen meanwhile
    this.view.seconds = peaks.seconds;
    this.view.loudest = loudest(peaks);
    this.#regions = RegionsPlugin.create();
    this.#surfer = drawWaveform($("#waveform"), {
      peaks,
      height: HEIGHT,
      loudest: this.view.loudest,
      plugins: [this.#regions, TimelinePlugin.create({ height: 22, secondaryLabelOpacity: 0.75, formatTimeCallback: (at) => clock(at, at % 1 ? 1 : 0) })],
    });
    this.#surfer.on("ready", () => {
      this.#regions.enableDragSelection({ color: "transparent", minLength: SHORTEST });
      this.#mark(this.store.now.mark);
    });
    this.#regions.on("region-created", (region) => this.#moved(region));
    this.#regions.on("region-updated", (region) => this.#moved(region));
  }

  #moved(region) {
    if (this.#placing || region.end - region.start < SHORTEST / 2) return;
    this.actions.mark({ start: region.start, end: region.end });
  }

  /** The region follows the state; only one stretch is marked at a time. */
  #mark(mark) {
    $("#marked").textContent = mark ? stretch(mark) : "";
    this.view.mark(mark);
    if (!this.#regions) return;
    const there = this.#regions.getRegions();
    if (mark && there.length === 1 && there[0].start === mark.start && there[0].end === mark.end) return;
    this.#placing = true;
    this.#regions.clearRegions();
    if (mark) this.#regions.addRegion({ ...mark, color: "transparent", minLength: SHORTEST });
    this.#placing = false;
  }
}
