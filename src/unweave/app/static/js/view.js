// Which part of the time is seen: zoom and scrolling shared by both time lines, the play head, and the marked stretch.

const MOST = 64; // times
const WIDEST = 16000; // px; canvases end somewhere

export class View {
  #zoom = 1;
  #heads = [...document.querySelectorAll(".playhead")];
  #veils = [...document.querySelectorAll(".mark-veil")];
  #scrollers = [...document.querySelectorAll(".scroller")];

  constructor() {
    this.seconds = 1;
    this.loudest = 1; // sample of the recording, full scale 1; every waveform is drawn by it
    for (const scroller of this.#scrollers) {
      scroller.addEventListener("scroll", () => {
        for (const other of this.#scrollers) {
          if (other !== scroller && other.scrollLeft !== scroller.scrollLeft) other.scrollLeft = scroller.scrollLeft;
        }
      });
    }
  }

  get zoom() {
    return this.#zoom;
  }

  /** Zoom around a time, which stays where it is seen. */
  zoomTo(zoom, around) {
    const [scroller] = this.#scrollers;
    const most = Math.max(1, Math.min(MOST, WIDEST / Math.max(1, scroller.clientWidth)));
    const wanted = Math.max(1, Math.min(zoom, most));
    const before = this.#x(around) - scroller.scrollLeft;
    this.#zoom = wanted;
    document.documentElement.style.setProperty("--zoom", String(wanted));
    scroller.scrollLeft = this.#x(around) - before;
  }

  place(at) {
    for (const head of this.#heads) head.style.left = this.#left(at);
  }

  /** Keep what is playing in sight. */
  follow(at) {
    if (this.#zoom === 1) return;
    const [scroller] = this.#scrollers;
    const x = this.#x(at) - scroller.scrollLeft;
    if (x < this.#head() || x > scroller.clientWidth * 0.95) scroller.scrollLeft = this.#x(at) - this.#head() - 40;
  }

  mark(mark) {
    for (const veil of this.#veils) {
      veil.hidden = !mark;
      if (!mark) continue;
      veil.style.left = this.#left(mark.start);
      veil.style.width = `calc((100% - var(--head)) * ${(mark.end - mark.start) / this.seconds})`;
    }
  }

  /** The time under a pointer over a lane. */
  timeAt(event, lane) {
    const box = lane.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / Math.max(1, box.width))) * this.seconds;
  }

  #left(at) {
    return `calc(var(--head) + (100% - var(--head)) * ${at / this.seconds})`;
  }

  #head() {
    return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--head")) || 0;
  }

  #x(at) {
    const sheet = this.#scrollers[0].firstElementChild;
    return this.#head() + (sheet.clientWidth - this.#head()) * (at / this.seconds);
  }
}
