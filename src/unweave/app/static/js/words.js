// How times, sizes and sureness are written for people.

/** 62.5 -> "1:02.5"; with digits 0, "1:03". */
export function clock(seconds, digits = 1) {
  const unit = 10 ** digits;
  const all = Math.max(0, Math.round(seconds * unit));
  const minutes = Math.floor(all / (60 * unit));
  const rest = ((all - minutes * 60 * unit) / unit).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** 62.5 -> "1:02.5", as the server reads it: exact to the thousandth. */
export const timeOf = (seconds) => clock(seconds, 3);

export function stretch(mark) {
  return `${clock(mark.start)} – ${clock(mark.end)}`;
}

/** "about 12 s left", "about 3 minutes left"; nothing while it cannot be told. */
export function left(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 1.5) return "almost there";
  if (seconds < 90) return `about ${Math.round(seconds)} s left`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} minutes left`;
  return `about ${(seconds / 3600).toFixed(1)} hours left`;
}

const short = (number) => Number(number.toPrecision(number < 100 ? 2 : 3));

/** 14400 -> "4 hours" */
export function long(seconds) {
  if (seconds < 120) return count(Math.round(seconds), "second");
  return seconds < 7200 ? count(short(seconds / 60), "minute") : count(short(seconds / 3600), "hour");
}

export function size(bytes) {
  for (const unit of ["bytes", "KB", "MB"]) {
    if (bytes < 1000) return `${short(bytes)} ${unit}`;
    bytes /= 1000;
  }
  return `${short(bytes)} GB`;
}

export const percent = (share) => `${Math.round(share * 100)} %`;

export function sure(probability) {
  return probability === null || probability === undefined ? "" : `${percent(probability)} sure`;
}

export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** "44.1 kHz" */
export const rate = (hertz) => `${Number((hertz / 1000).toFixed(2))} kHz`;

export function channels(number) {
  return { 1: "mono", 2: "stereo" }[number] ?? `${number} channels`;
}

/** -6 -> "−6 dB"; the lowest place of a fader is silence. */
export function decibels(db, lowest) {
  if (db <= lowest) return "silent";
  return `${db > 0 ? "+" : db < 0 ? "−" : ""}${Math.abs(db)} dB`;
}
