// The page without a recording: what it is for, and three ways to begin.

import { $, button, el, show } from "./dom.js";
import { long, percent, size } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const STRANDS = 7;

/** One sound on the left that comes apart into strands on the right. */
function strands() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 1200 200");
  svg.setAttribute("preserveAspectRatio", "none");
  for (let strand = 0; strand < STRANDS; strand++) {
    const points = [];
    const target = (strand / (STRANDS - 1) - 0.5) * 156;
    for (let x = 0; x <= 1200; x += 6) {
      const apart = 1 / (1 + Math.exp(-(x - 600) / 95)); // from woven to apart
      const woven = Math.sin(x / (17 + strand * 2.300) + strand * 1.700) * 30 * (1 - apart) * Math.sin(Math.min(1, x / 260) * (Math.PI / 2));
      const own = Math.sin(x / (9 + strand * 5) + strand) * (2.500 + (strand % 3) * 3) * apart * (0.55 + 0.45 * Math.sin(x / 90 + strand * 2));
      points.push(`${x},${(100 + target * apart + woven + own).toFixed(1)}`);
    }
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", points.join(" "));
    if (strand === 2) line.setAttribute("class", "is-accent");
    svg.append(line);
  }
  return svg;
}

export class WelcomeView {
  #fill = el("div", { className: "bar-fill" });
  #bar = el("div", { className: "progress", role: "progressbar", "aria-label": "Sending", "aria-valuemin": "0", "aria-valuemax": "100" }, this.#fill);
  #text = el("p", { className: "work-text" });

  constructor({ store, actions }) {
    $(".strands").append(strands());
    $("#taking").append(el("div", { className: "work-line" }, this.#text, button("Cancel", { on: { click: () => actions.stopTaking() } })), this.#bar);
    store.watch((state) => state.uploadId === null, (there) => {
      show($("#welcome"), there);
      show($("#new"), !there);
    });
    store.watch((state) => state.taking, (taking) => this.#taking(taking));
    store.watch((state) => state.server?.limits ?? null, (limits) => {
      if (limits) $(".limits").textContent = `up to ${size(limits.bytes)} and ${long(limits.seconds)}`;
    });
  }

  #taking(taking) {
    show($("#taking"), Boolean(taking));
    show($("#drop .drop-actions"), !taking);
    if (!taking) return;
    this.#text.textContent = taking.fraction < 1 ? `Bringing in ${taking.name} · ${percent(taking.fraction)}` : `Opening ${taking.name}…`;
    this.#fill.style.width = percent(taking.fraction).replace(" ", "");
    this.#bar.setAttribute("aria-valuenow", String(Math.round(taking.fraction * 100)));
  }
}
