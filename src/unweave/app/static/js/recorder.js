// Record from the microphone, untouched: no echo cancelling, no noise reduction, no automatic gain.

import { $, button, el, icon } from "./dom.js";
import { clock } from "./words.js";

const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const KINDS = ["audio/webm;codecs=pcm", "audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

export class Recorder {
  #stream = null;
  #recorder = null;
  #timer = 0;

  constructor({ take, trouble }) {
    Object.assign(this, { take, trouble, dialog: $("#recorder") });
    this.time = el("p", { className: "recorder-time" }, "0:00.0");
    this.dialog.append(
      el("h2", { id: "recorder-title" }, "Recording"),
      this.time,
      el("p", { className: "muted" }, "As the microphone hears it, without any noise reduction."),
      el("div", { className: "dialog-actions" },
        button("Never mind", { on: { click: () => this.#end(false) } }),
        el("button", { type: "button", className: "primary", id: "recorder-stop", on: { click: () => this.#end(true) } }, "Stop and use it")),
    );
    this.dialog.addEventListener("cancel", () => this.#end(false));
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
      return this.trouble("This browser records only on pages from https:// or from your own machine.");
    }
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: AS_IT_IS });
    } catch (error) {
      const why = { NotAllowedError: "The microphone was not allowed.", NotFoundError: "There is no microphone." }[error.name];
      return this.trouble(why ?? "The microphone could not be opened.");
    }
    const kind = KINDS.find((one) => MediaRecorder.isTypeSupported(one));
    const parts = [];
    this.#recorder = new MediaRecorder(this.#stream, kind ? { mimeType: kind } : {});
    this.#recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    this.#recorder.addEventListener("stop", () => {
      for (const track of this.#stream.getTracks()) track.stop();
      clearInterval(this.#timer);
      if (this.wanted) this.take(new File(parts, this.#name(), { type: this.#recorder.mimeType }));
    });
    this.#recorder.start(1000);
    const since = performance.now();
    this.#timer = setInterval(() => (this.time.textContent = clock((performance.now() - since) / 1000)), 100);
    this.dialog.showModal();
  }

  #name() {
    const now = new Date().toTimeString().slice(0, 8).replaceAll(":", "-");
    const kind = this.#recorder.mimeType;
    return `Recording ${now}.${kind.includes("mp4") ? "m4a" : kind.includes("ogg") ? "ogg" : "webm"}`;
  }

  #end(wanted) {
    this.wanted = wanted;
    if (this.#recorder?.state !== "inactive") this.#recorder?.stop();
    if (this.dialog.open) this.dialog.close();
  }
}
