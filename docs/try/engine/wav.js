// A track as a wav in 24 bits, for whoever keeps it.

/** @param {Float32Array[]} channels @param {number} rate Hz */
export function wav(channels, rate) {
  const count = channels.length;
  const size = 3 * count * channels[0].length;
  const bytes = new Uint8Array(44 + size + (size % 2));
  const view = new DataView(bytes.buffer);
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, count, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 3 * count * rate, true);
  view.setUint16(32, 3 * count, true);
  view.setUint16(34, 24, true);
  text(36, "data");
  view.setUint32(40, size, true);
  for (let n = 0, at = 44; n < channels[0].length; n++) {
    for (const channel of channels) {
      const value = Math.max(-0x800000, Math.min(0x7fffff, Math.round(channel[n] * 0x800000)));
      bytes[at++] = value & 255;
      bytes[at++] = (value >> 8) & 255;
      bytes[at++] = (value >> 16) & 255;
    }
  }
  return new Blob([bytes], { type: "audio/wav" });
}
