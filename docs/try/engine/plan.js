// What sounds when, and which tracks are wanted (light/src/unweave_light/plan.py and nodes.py).

/** The classes and the ontology above them. */
export class Nodes {
  constructor(told) {
    this.all = told.nodes.map((node, place) => ({ ...node, place }));
    this.classes = told.classes.map((place) => this.all[place]);
    this.known = this.classes.flatMap((node) => (node.known.includes(node.index) ? [node.index] : []));
    this.roots = this.all.filter((node) => !node.parents.length);
  }

  above(node) {
    const found = new Set();
    const waiting = [...node.parents];
    while (waiting.length) {
      const here = this.all[waiting.pop()];
      if (found.has(here)) continue;
      found.add(here);
      waiting.push(...here.parents);
    }
    return found;
  }

  /** The node of a name or a mid, or undefined. */
  find(text) {
    const wanted = text.trim().toLowerCase();
    return this.all.find((node) => node.mid.toLowerCase() === wanted || node.name.toLowerCase() === wanted);
  }
}

/** A number as 16 bits would hold it, as curves are kept elsewhere. */
function half(value) {
  if (value < 2 ** -14) return Math.round(value * 2 ** 24) / 2 ** 24;
  const step = 2 ** (Math.floor(Math.log2(value)) - 10);
  const whole = Math.floor(value / step);
  const rest = value / step - whole;
  return (rest > 0.5 || (rest === 0.5 && whole % 2) ? whole + 1 : whole) * step;
}

/** A recording that was heard. */
export class Heard {
  /** @param {number} seconds of the recording */
  constructor(told, nodes, seconds) {
    this.told = told;
    this.nodes = nodes;
    this.seconds = seconds;
    this.rate = told.constants.frames_per_second;
    this.clip = []; // of each segment, (K,)
    this.own = []; // what a separator is told of, the same
    this.frames = new Map(); // by class, [first frame, values]
    const one = (limit) => Math.max(Math.fround(limit), 1e-6);
    const each = (limits) => nodes.classes.map((_, k) => one(Array.isArray(limits) ? limits[k] : limits));
    this.limits = each(told.limits);
    this.faintLimits = each(told.faint_limits); // of what is surely there
  }

  /** The next segment: what `Networks.hear` says, or null for digital silence. */
  add(answer) {
    const classes = this.nodes.classes.length;
    const { segment, overlap, sample_rate: rate } = this.told;
    const start = Math.round(((this.clip.length * (segment - overlap)) / rate) * this.rate);
    for (const which of ["clip", "own"]) this[which].push(answer ? answer[which] : new Float32Array(classes));
    for (let k = 0; answer && k < classes; k++) {
      const values = Array.from({ length: answer.count }, (_, f) => answer.frames[f * classes + k]);
      if (Math.max(...values) < this.told.constants.floor) continue;
      if (!this.frames.has(k)) this.frames.set(k, []);
      this.frames.get(k).push([start, values.map(half)]);
    }
  }

  /** The highest probability among some classes over time, each times its weight. */
  curve(classes, weight = () => 1) {
    const curve = new Float32Array(Math.max(1, Math.ceil(this.seconds * this.rate - 1e-9)));
    for (const k of classes) {
      for (const [first, values] of this.frames.get(k) ?? []) {
        const end = Math.min(values.length, curve.length - first);
        for (let f = 0; f < end; f++) curve[first + f] = Math.max(curve[first + f], values[f] * weight(k));
      }
    }
    return curve;
  }

  /** The highest probability of some classes in each segment. */
  highest(classes) {
    return Float32Array.from(this.clip, (clip) => classes.reduce((most, k) => Math.max(most, clip[k]), 0));
  }

  /** Events of a node; where whole segments are active though no frame is sure enough, those segments. */
  events(classes, active, probability, limits = this.limits) {
    const found = this.runs(this.curve(classes, (k) => 1 / limits[k]), this.curve(classes));
    if (found.length || !active?.some(Boolean)) return found;
    const { segment, overlap, sample_rate: rate } = this.told;
    const curve = new Float32Array(Math.max(1, Math.ceil(this.seconds * this.rate)));
    active.forEach((on, i) => {
      const first = Math.round(((i * (segment - overlap)) / rate) * this.rate);
      const end = Math.min(curve.length, first + Math.round((segment / rate) * this.rate));
      for (let f = first; on && f < end; f++) curve[f] = Math.max(curve[f], probability[i]);
    });
    return this.runs(curve.map((value) => (value > 0 ? 1 : 0)), curve);
  }

  /** Of every class that the model knows, by start. */
  classEvents() {
    const events = [];
    for (const k of [...this.frames.keys()].sort((a, b) => a - b)) {
      const node = this.nodes.classes[k];
      if (!node.known.includes(k)) continue;
      events.push(...this.events([k]).map((event) => ({ name: node.name, mid: node.mid, ...event })));
    }
    return events.sort((a, b) => a.start - b.start || b.probability - a.probability || (a.name < b.name ? -1 : 1));
  }

  /** Where the curve passes 1, until it falls below a tenth of it; gaps closed, blips dropped. */
  runs(relative, probability) {
    const { release, gap_seconds: gap, shortest_seconds: blip } = this.told.constants;
    const merged = [];
    for (let f = 0; f < relative.length; ) {
      if (relative[f] < release) {
        f++;
        continue;
      }
      const first = f;
      let most = 0;
      for (; f < relative.length && relative[f] >= release; f++) most = Math.max(most, relative[f]);
      if (most < 1) continue;
      const before = merged.at(-1);
      if (before && first - before[1] <= gap * this.rate) before[1] = f;
      else merged.push([first, f]);
    }
    const shortest = Math.min(blip, this.seconds) * this.rate;
    return merged
      .filter(([first, end]) => end - first >= shortest - 1e-9 && first / this.rate < this.seconds)
      .map(([first, end]) => ({
        start: first / this.rate,
        end: Math.min(end / this.rate, this.seconds),
        probability: Math.max(...probability.slice(first, end)),
      }));
  }
}

/** One track for each node that was asked for by name, where it is heard. */
export function classGroup(heard, nodes) {
  const { settings } = heard.told;
  const requests = nodes.map((wanted) => {
    const node = wanted.known.length ? wanted : heard.nodes.all[wanted.instead];
    const alone = !settings.by_name && node.index !== null;
    const classes = alone ? node.known.filter((k) => k === node.index) : node.known;
    const probability = heard.highest(classes);
    const most = Math.max(0, ...probability);
    const gate = Math.max(settings.class_gate, settings.class_share * most);
    const enough = Math.max(Math.min(...classes.map((k) => heard.limits[k])), gate);
    const asked = settings.by_name && classes.includes(node.index) ? node.index : null;
    return {
      node: wanted,
      classes,
      asked,
      active: Array.from(probability, (value) => value >= gate),
      probability: most,
      events: heard.events(classes, Array.from(probability, (value) => value >= enough), probability),
    };
  });
  return { requests, named: true, loudestFirst: false };
}

/** What the separator is told in a segment. */
export function condition(heard, request, segment) {
  if (request.asked === null) return scaled(heard.own[segment], request.classes);
  const clip = heard.own[segment];
  const most = clip.reduce((one, other) => Math.max(one, other), 1e-8);
  const told = new Float32Array(clip.length);
  for (const k of heard.told.alike?.[request.asked] ?? []) told[k] = (heard.told.settings.hint * clip[k]) / most;
  told[request.asked] = 1;
  return told;
}

/** The probabilities of some classes, the highest of them 1. */
function scaled(clip, classes) {
  const told = new Float32Array(clip.length);
  let most = 1e-8;
  for (const k of classes) most = Math.max(most, (told[k] = clip[k]));
  return told.map((value) => value / most);
}
