// The sample rate of a file, so that the browser decodes it as it is. What is not recognised is decoded at 48 kHz.

const LIKELY = 48000;

/** @param {ArrayBuffer} buffer @returns {number} Hz */
export function rateOf(buffer) {
  const view = new DataView(buffer);
  const text = (at, length) =>
    at + length > view.byteLength ? "" : String.fromCharCode(...new Uint8Array(buffer, at, length));
  let found = 0;
  try {
    if (text(0, 4) === "RIFF" && text(8, 4) === "WAVE") found = wave(view, text);
    else if (text(0, 4) === "fLaC") found = (view.getUint32(18) >>> 12) & 0xfffff;
    else if (text(0, 4) === "OggS") found = ogg(view, text);
    else if (text(4, 4) !== "ftyp") found = mpeg(view, text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // it ends too early
  }
  return found >= 3000 && found <= 192000 ? found : LIKELY;
}

function wave(view, text) {
  for (let at = 12; at + 8 <= view.byteLength; at += 8 + view.getUint32(at + 4, true)) {
    if (text(at, 4) === "fmt ") return view.getUint32(at + 12, true);
  }
  return 0;
}

function ogg(view, text) {
  const first = 27 + view.getUint8(26);
  if (text(first + 1, 6) === "vorbis") return view.getUint32(first + 12, true);
  if (text(first, 5) === "\x7fFLAC") return (view.getUint32(first + 27) >>> 12) & 0xfffff;
  return LIKELY; // opus always plays at 48 kHz
}

function mpeg(view, text) {
  let at = 0;
  if (text(0, 3) === "ID3") at = 10 + [6, 7, 8, 9].reduce((size, byte) => (size << 7) | view.getUint8(byte), 0);
  for (const end = Math.min(view.byteLength - 4, at + 65536); at < end; at++) {
    const head = view.getUint32(at);
    const version = (head >>> 19) & 3;
    const index = (head >>> 10) & 3;
    if (head >>> 21 !== 0x7ff || version === 1 || ((head >>> 17) & 3) !== 1 || index === 3) continue;
    return [44100, 48000, 32000][index] >> { 3: 0, 2: 1, 0: 2 }[version];
  }
  return 0;
}
