// wavesurfer draws peaks that the server made; the sound itself is played elsewhere.

import WaveSurfer from "/static/vendor/wavesurfer/wavesurfer.esm.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const colours = () => ({ waveColor: colour("--wave"), progressColor: colour("--wave") });

/**
 * Draw peaks into an element. wavesurfer puts a style element into its shadow, which the content security policy
 * forbids; before it is in the page it is turned into an adopted sheet, which is allowed.
 */
export function drawWaveform(place, { peaks, height, loudest, plugins = [] }) {
  const box = document.createElement("div");
  const surfer = WaveSurfer.create({
    container: box,
    peaks: [peaks.high, peaks.low],
    duration: peaks.seconds,
    height,
    normalize: true,
    maxPeak: Math.max(loudest, 1e-4), // one scale for a recording and its tracks
    cursorWidth: 0,
    interact: false,
    hideScrollbar: true,
    plugins,
    ...colours(),
  });
  const { shadowRoot } = box.firstElementChild;
  const style = shadowRoot.querySelector("style");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style.textContent);
  shadowRoot.adoptedStyleSheets = [sheet];
  style.remove();
  place.replaceChildren(box);
  return surfer;
}

export const loudest = ({ high, low }) => [high, low].flat().reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

export function recolour(surfer) {
  surfer.setOptions(colours());
}
