// Sounds that are read piece by piece, so that hours of many tracks fit into a browser.

const HEAD = 65536; // bytes that are looked at first

async function bytes(url, from, to) {
  const response = await fetch(url, { headers: { Range: `bytes=${from}-${to - 1}` } });
  if (!response.ok) throw new Error(`The sound could not be read (${response.status}).`);
  const total = Number(response.headers.get("Content-Range")?.split("/")[1] ?? response.headers.get("Content-Length"));
  return { view: new DataView(await response.arrayBuffer()), total };
}

const four = (view, at) => String.fromCharCode(...new Uint8Array(view.buffer, at, 4));

/** Where the samples of a RIFF or RF64 file lie and what they are; null if this is none or its head is longer. */
function parse(view, total) {
  if (view.byteLength < 12 || !["RIFF", "RF64"].includes(four(view, 0)) || four(view, 8) !== "WAVE") return null;
  const found = {};
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const name = four(view, at);
    const length = view.getUint32(at + 4, true);
    if (name === "fmt ") {
      const code = view.getUint16(at + 8, true);
      found.float = (code === 0xfffe ? view.getUint16(at + 32, true) : code) === 3;
      found.channels = view.getUint16(at + 10, true);
      found.rate = view.getUint32(at + 12, true);
      found.bytes = view.getUint16(at + 22, true) / 8;
    } else if (name === "data") {
      found.start = at + 8;
      const there = total - found.start;
      const told = length === 0xffffffff ? there : Math.min(length, there);
      found.frames = Math.floor(told / (found.bytes * found.channels));
      return found;
    }
    at += 8 + length + (length % 2);
  }
  return null;
}

const READ = {
  2: (view, at) => view.getInt16(at, true) / 32768,
  3: (view, at) => ((view.getUint8(at) | (view.getUint16(at + 1, true) << 8)) << 8) / 2147483648,
  4: (view, at) => view.getInt32(at, true) / 2147483648,
};
const FLOAT = { 4: (view, at) => view.getFloat32(at, true), 8: (view, at) => view.getFloat64(at, true) };

class WavSound {
  constructor(url, head) {
    Object.assign(this, head);
    this.url = url;
    this.sample = (head.float ? FLOAT : READ)[head.bytes];
  }

  /** Samples from `from` on, at most `count`: one Float32Array for each channel. */
  async read(from, count) {
    const frames = Math.max(0, Math.min(count, this.frames - from));
    const out = Array.from({ length: this.channels }, () => new Float32Array(frames));
    if (!frames) return out;
    const width = this.bytes * this.channels;
    const first = this.start + from * width;
    const { view } = await bytes(this.url, first, first + frames * width);
    const { sample } = this;
    for (let frame = 0, at = 0; frame < frames && at + width <= view.byteLength; frame++) {
      for (let channel = 0; channel < this.channels; channel++, at += this.bytes) out[channel][frame] = sample(view, at);
    }
    return out;
  }
}

/** What is no wav file is decoded by the browser as a whole. */
class DecodedSound {
  constructor(buffer) {
    this.buffer = buffer;
    this.rate = buffer.sampleRate;
    this.channels = buffer.numberOfChannels;
    this.frames = buffer.length;
  }

  async read(from, count) {
    return Array.from({ length: this.channels }, (_, channel) =>
      this.buffer.getChannelData(channel).subarray(from, from + count),
    );
  }
}

export async function openSound(url, rate) {
  for (const length of [HEAD, HEAD * 32]) {
    const { view, total } = await bytes(url, 0, length);
    const head = parse(view, total);
    if (head && (head.float ? FLOAT : READ)[head.bytes]) return new WavSound(url, head);
    if (!["RIFF", "RF64"].includes(four(view, 0)) || view.byteLength < length) break;
  }
  const whole = await (await fetch(url)).arrayBuffer();
  return new DecodedSound(await new OfflineAudioContext(1, 1, rate).decodeAudioData(whole));
}
