// Workers that take the next task as soon as they are free.

export class Pool {
  /** @param {number} size @param {URL} script of a module worker */
  constructor(size, script) {
    this.waiting = [];
    this.open = new Map();
    this.count = 0;
    this.workers = Array.from({ length: size }, () => new Worker(script, { type: "module" }));
    this.free = [...this.workers];
    for (const worker of this.workers) {
      worker.onmessage = ({ data }) => this.#done(worker, data);
      worker.onerror = (event) => {
        event.preventDefault();
        const broken = [...this.open].filter(([, task]) => task.worker === worker);
        for (const [id] of broken) this.#done(worker, { id, error: event.message || "A worker could not be started." });
      };
    }
  }

  /** The answer to a message; `worker` says by whom, for what all of them must know. */
  run(message, transfer = [], worker = null) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ message, transfer, worker, resolve, reject });
      this.#next();
    });
  }

  /** Every worker's answer. */
  all(message) {
    return Promise.all(this.workers.map((worker) => this.run(message, [], worker)));
  }

  #next() {
    for (let i = 0; i < this.waiting.length; ) {
      const task = this.waiting[i];
      const at = task.worker ? this.free.indexOf(task.worker) : this.free.length - 1;
      if (at < 0) {
        i++;
        continue;
      }
      this.waiting.splice(i, 1);
      [task.worker] = this.free.splice(at, 1);
      const id = this.count++;
      this.open.set(id, task);
      task.worker.postMessage({ id, ...task.message }, task.transfer);
    }
  }

  #done(worker, { id, answer, error }) {
    const task = this.open.get(id);
    this.open.delete(id);
    this.free.push(worker);
    if (error === undefined) task.resolve(answer);
    else task.reject(new Error(error));
    this.#next();
  }
}
