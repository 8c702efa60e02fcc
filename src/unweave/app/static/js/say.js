// Words that come by themselves: spoken to screen readers, and shown for a while.

import { $, button, el } from "./dom.js";

const STAYS = 9000; // ms

export function say(sentence) {
  const place = $("#say");
  place.textContent = "";
  requestAnimationFrame(() => (place.textContent = sentence)); // the same words twice are said twice
}

/** Show a sentence at the edge; troubles stay until they are put away. */
export function toast(sentence, { trouble = false, id } = {}) {
  const place = $("#toasts");
  if (id) $(`[data-id="${id}"]`, place)?.remove();
  const note = el("div", { className: `toast${trouble ? " is-trouble" : ""}`, role: trouble ? "alert" : "status", "data-id": id }, el("p", {}, sentence));
  note.append(button("Put away", { symbol: "close", onlyIcon: true, className: "quiet", on: { click: () => note.remove() } }));
  place.append(note);
  if (!trouble) setTimeout(() => note.remove(), STAYS);
  return note;
}

export function untoast(id) {
  $(`#toasts [data-id="${id}"]`)?.remove();
}
