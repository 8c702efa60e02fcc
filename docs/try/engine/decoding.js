// A file as samples at its own rate; what browsers do to them on the way is undone.

import { rateOf } from "./rate.js";

/**
 * @param {ArrayBuffer} bytes
 * @param {string} title for the sentence of what cannot be read
 * @returns {Promise<{channels: Float32Array[], rate: number}>} all samples are numbers
 */
export async function decoded(bytes, title) {
  const rate = rateOf(bytes);
  let buffer;
  try {
    buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
  } catch {
    throw new Error(`${title} holds no sound that this browser can read; wav, flac, mp3 and m4a are read by most.`);
  }
  if (!buffer.length) throw new Error(`${title} holds no sound.`);
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c));
  for (const channel of channels) {
    for (let n = 0; n < channel.length; n++) if (!Number.isFinite(channel[n])) channel[n] = 0;
    levelled(channel);
  }
  return { channels, rate };
}

/** Some browsers divide positive samples of 16 bits by 32767 and negative ones by 32768; everybody else by 32768. */
export function levelled(channel) {
  let told = 0;
  for (let n = 0; n < channel.length && told < 4096; n++) {
    if (channel[n] <= 0.02) continue; // tells nothing
    const whole = channel[n] * 32767;
    if (Math.abs(whole - Math.round(whole)) > 0.01) return;
    told++;
  }
  for (let n = 0; told && n < channel.length; n++) if (channel[n] > 0) channel[n] *= 32767 / 32768;
}
