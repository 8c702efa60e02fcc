// One run of playing, from a start to the next stop: pieces of all sounds, laid end to end on the audio clock.

const PIECE = 3; // s
const AHEAD = 7; // s that lie ready
const START = 0.06; // s from "go" to the first sample
const EDGE = 0.003; // s of fade where a loop jumps

export class Run {
  #placed = []; // {when, from, seconds}
  #nodes = new Set();
  #over = false;
  #wake = null;

  /** `sounds` are [{sound, input}]; `loop` is {start, end} in s or null. All times of the recording in s. */
  constructor(context, sounds, { from, loop, seconds, onEnd }) {
    Object.assign(this, { context, sounds, loop, seconds, onEnd });
    this.rate = context.sampleRate;
    this.next = Math.round(from * this.rate); // sample that is fetched next
    this.until = 0; // time of the clock up to which something is placed
  }

  async start() {
    const piece = await this.#fetch();
    if (this.#over) return;
    this.until = this.#onGrid(this.context.currentTime + START);
    this.#place(piece);
    this.#pump();
  }

  /** Where the recording is heard now. */
  position() {
    const now = this.context.currentTime - (this.context.outputLatency || 0);
    while (this.#placed.length > 1 && this.#placed[1].when <= now) this.#placed.shift();
    const [piece] = this.#placed;
    if (!piece) return this.next / this.rate;
    return piece.from + Math.max(0, Math.min(now - piece.when, piece.seconds));
  }

  stop(at = 0) {
    this.#over = true;
    this.#wake?.();
    for (const node of this.#nodes) node.stop(at);
  }

  /** Starts between two samples would be resampled. */
  #onGrid = (time) => Math.ceil(time * this.rate) / this.rate;

  async #fetch() {
    const { rate, loop } = this;
    const looped = loop && this.next < loop.end * rate;
    const end = Math.round(looped ? loop.end * rate : this.seconds * rate);
    const from = this.next;
    const count = Math.min(Math.round(PIECE * rate), end - from);
    this.next = looped && from + count >= end ? Math.round(loop.start * rate) : from + count;
    const channels = await Promise.all(this.sounds.map(({ sound }) => sound.read(from, count)));
    const jumps = { in: loop && from === Math.round(loop.start * rate), out: looped && from + count >= end };
    return { from, count, channels, jumps };
  }

  #place({ from, count, channels, jumps }) {
    const when = this.until;
    channels.forEach((samples, index) => {
      const length = samples[0].length;
      if (!length) return;
      const buffer = new AudioBuffer({ length, numberOfChannels: samples.length, sampleRate: this.rate });
      samples.forEach((channel, number) => buffer.copyToChannel(this.#edged(channel, jumps), number));
      const node = new AudioBufferSourceNode(this.context, { buffer });
      node.connect(this.sounds[index].input);
      node.addEventListener("ended", () => (node.disconnect(), this.#nodes.delete(node)));
      this.#nodes.add(node);
      node.start(when);
    });
    this.#placed.push({ when, from: from / this.rate, seconds: count / this.rate });
    this.until = this.#onGrid(when + (count - 0.5) / this.rate);
  }

  #edged(channel, jumps) {
    if (!jumps.in && !jumps.out) return channel;
    const out = Float32Array.from(channel);
    const width = Math.min(Math.round(EDGE * this.rate), out.length >> 1);
    for (let at = 0; at < width; at++) {
      if (jumps.in) out[at] *= at / width;
      if (jumps.out) out[out.length - 1 - at] *= at / width;
    }
    return out;
  }

  async #pump() {
    while (!this.#over) {
      const rest = this.until - this.context.currentTime;
      const ended = this.next >= Math.round(this.seconds * this.rate);
      if (ended && rest <= 0) {
        this.#over = true;
        this.onEnd();
      } else if (ended || rest > AHEAD) {
        await this.#pause(ended ? rest : rest - AHEAD + PIECE / 2);
      } else {
        let piece;
        try {
          piece = await this.#fetch();
        } catch (error) {
          if (!this.#over) this.onEnd(error);
          this.#over = true;
        }
        if (this.#over) return;
        const soonest = this.context.currentTime + START / 2;
        if (this.until < soonest) this.until = this.#onGrid(soonest); // the server was slow: all wait alike
        this.#place(piece);
      }
    }
  }

  #pause(seconds) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, Math.max(20, seconds * 1000));
    });
  }
}
