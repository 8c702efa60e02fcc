// The server's HTTP interface (docs/http.md), with errors as sentences.

export class Refusal extends Error {
  constructor(sentence, code) {
    super(sentence);
    this.code = code;
  }
}

async function refusal(response) {
  const told = await response.json().catch(() => ({}));
  return new Refusal(told.error ?? `The server answered ${response.status}.`, told.code ?? "");
}

export async function request(method, url, body) {
  const json = body !== undefined;
  let response;
  try {
    response = await fetch(url, {
      method,
      headers: json ? { "Content-Type": "application/json" } : {},
      body: json ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Refusal("The server does not answer. Is “unweave serve” still running?", "gone");
  }
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? null : response.json();
}

export const get = (url) => request("GET", url);

/** Upload a file; `onProgress` hears the share that is sent. fetch cannot tell it, so XMLHttpRequest. */
export function upload(file, { name = file.name, listen = true, onProgress = () => {}, signal } = {}) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    const form = new FormData();
    form.append("modified", String(file.lastModified ?? ""));
    form.append("file", file, name);
    sending.open("POST", `/api/uploads${listen ? "" : "?listen=false"}`);
    sending.responseType = "json";
    sending.upload.addEventListener("progress", (event) => onProgress(event.loaded / Math.max(1, event.total)));
    sending.addEventListener("load", () => {
      const told = sending.response ?? {};
      if (sending.status === 201) resolve(told);
      else reject(new Refusal(told.error ?? `The server answered ${sending.status}.`, told.code ?? ""));
    });
    sending.addEventListener("error", () => reject(new Refusal("The file did not get through. Please try again.", "gone")));
    sending.addEventListener("abort", () => reject(new Refusal("", "aborted")));
    signal?.addEventListener("abort", () => sending.abort());
    sending.send(form);
  });
}

/** The visitor's uploads and jobs, whenever something changes. */
export function follow(onSession, onConnection) {
  const stream = new EventSource("/api/session/stream");
  stream.addEventListener("session", (event) => onSession(JSON.parse(event.data)));
  stream.addEventListener("open", () => onConnection(true));
  stream.addEventListener("error", () => onConnection(false));
  return stream;
}

export function leave() {
  navigator.sendBeacon("/api/session/leave");
}

/** Have the browser save what an address gives. */
export function save(url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
