// What buttons (`data-do`) and keys are called, and what they do.

import { $ } from "./dom.js";
import { lanes } from "./views.js";

const ZOOM = 1.5;
const JUMP = 0.5; // s; so near to a start, "before" means the one before it

export function doing({ store, player, view, actions, files, recorder, switchTheme, tracksView }) {
  const focusedRow = () => tracksView.rows[document.activeElement?.closest(".track")?.dataset.place];
  const starts = () => {
    const { events, uploadId, view: fine } = store.now;
    return lanes(events[uploadId], fine).flatMap((lane) => lane.events.map(({ start }) => start)).sort((a, b) => a - b);
  };
  const markFrom = (change) => {
    const mark = { start: 0, end: player.seconds, ...store.now.mark, ...change };
    if (mark.end <= mark.start) Object.assign(mark, "start" in change ? { end: player.seconds } : { start: 0 });
    if (mark.end > mark.start) actions.mark(mark);
  };
  return {
    choose: files.choose,
    example: files.chooseExample,
    record: () => recorder.start(),
    demo: () => actions.demo(),
    new: () => actions.home(),
    theme: switchTheme,
    sheet: () => $("#sheet").showModal(),
    separate: () => actions.separate(),
    cancel: () => actions.cancel(),
    span: () => actions.span(),
    part: () => actions.refine({ part: !store.now.refine.part }),
    write: () => $("#words").focus(),
    play: () => player.toggle(),
    compare: () => actions.original(!player.mixer?.original),
    loop: () => actions.loop(),
    start: () => actions.seek(player.loop && player.looping ? player.loop.start : 0),
    back: (event) => actions.seek(player.position - (event.shiftKey ? 10 : 1)),
    on: (event) => actions.seek(player.position + (event.shiftKey ? 10 : 1)),
    next: () => actions.seek(starts().find((at) => at > player.position + 0.01) ?? player.position),
    before: () => actions.seek(starts().findLast((at) => at < player.position - JUMP) ?? 0),
    "mark-start": () => markFrom({ start: player.position }),
    "mark-end": () => markFrom({ end: player.position }),
    unmark: () => actions.mark(null),
    track: (event, digit) => tracksView.rows[Number(digit) - 1]?.toggle(event.shiftKey ? "solo" : "muted"),
    mute: () => focusedRow()?.toggle("muted"),
    solo: () => focusedRow()?.toggle("solo"),
    reset: () => tracksView.rows.forEach((row) => player.setVoice(row.id, { db: 0, muted: false, solo: false })),
    mix: () => {
      const menu = $("#take-menu");
      if (!menu) return;
      menu.open = true;
      $("select", menu).focus();
    },
    zip: () => $("#zip")?.click(),
    "zoom-in": () => view.zoomTo(view.zoom * ZOOM, player.position),
    "zoom-out": () => view.zoomTo(view.zoom / ZOOM, player.position),
  };
}
