// One set of tracks where nothing is asked for: a cut through the ontology (light/src/unweave_light/cut.py).

/** The tracks, the surest first; what is too unsure or too short is in none of them. */
export function autoGroup(heard) {
  const requests = new Cut(heard).sounds().flatMap(([cut, node]) => cut.request(node) ?? []);
  return { requests, named: false, loudestFirst: true };
}

const memory = (of, by = new Map()) => (node) => (by.has(node) ? by : by.set(node, of(node))).get(node);

/** What is known of the nodes, without classes that others have, and where these do not sound. */
class Cut {
  /**
   * @param {Set<number>} [taken] classes that others have
   * @param {boolean[]} [busy] by segment, whether others sound
   */
  constructor(heard, taken = new Set(), busy = []) {
    this.heard = heard;
    this.nodes = heard.nodes;
    this.settings = heard.told.settings;
    this.constants = heard.told.constants;
    this.enough = this.settings.auto_threshold;
    this.alike = new Map();
    this.classes = memory((node) => node.known.filter((k) => !taken.has(k)));
    this.curve = memory((node) => this.heardOf(node, busy));
    this.evidence = memory((node) => this.surely(node));
  }

  /** All that gives its name to a track, surest first, and what is known of it. */
  sounds() {
    const nodes = this.cut();
    return [...nodes.map((node) => [this, node]), ...this.rests(nodes)];
  }

  /** The cut, surest first, without those that are another one's sound. */
  cut() {
    const chosen = new Set();
    for (const root of this.nodes.roots) this.descend(root, chosen);
    // The ontology is a graph: what a node holds may have been found on another way down.
    for (const node of [...chosen]) for (const above of this.nodes.above(node)) chosen.delete(above);
    const found = [];
    for (const node of [...chosen].sort((a, b) => this.evidence(b) - this.evidence(a))) {
      const other = found.find((one) => this.same(node, one));
      if (other) this.alike.set(other, [...(this.alike.get(other) ?? []), node]);
      else found.push(node);
    }
    return found;
  }

  /** What else is surely heard of the nodes above those of the cut; those that lie deepest come first. */
  rests(nodes) {
    const found = nodes.map((node) => [this, node]);
    const above = new Map(nodes.map((node) => [node, this.nodes.above(node)]));
    const every = new Set([...above.values()].flatMap((own) => [...own]));
    for (const node of every) above.set(node, this.nodes.above(node));
    const taken = new Set(nodes.flatMap((node) => this.whole(node)));
    const deeper = (a, b) => above.get(b).size - above.get(a).size || (a.mid < b.mid ? -1 : 1);
    for (const node of [...every].sort(deeper)) {
      const sounding = found.filter(([, one]) => above.get(one).has(node)).map(([cut, one]) => cut.active(one));
      const busy = sounding[0].map((_, i) => sounding.some((on) => on[i]));
      const rest = new Cut(this.heard, new Set(taken), busy);
      if (rest.evidence(node) < this.enough) continue;
      found.push([rest, node]);
      for (const k of rest.classes(node)) taken.add(k);
    }
    return found.slice(nodes.length);
  }

  /** The classes of a node, and of those that are its sound. */
  whole(node) {
    return [...new Set([node, ...(this.alike.get(node) ?? [])].flatMap((one) => this.classes(one)))];
  }

  /** The track of a node; nothing for one that sounds too short. */
  request(node) {
    const own = this.classes(node);
    const on = this.active(node);
    const probability = this.heard.highest(own);
    const found = this.heard.events(own, on, probability, this.heard.faintLimits);
    const events = found.filter((event) => on.some((sounds, i) => sounds && this.during(event, i)));
    const seconds = events.reduce((total, event) => total + event.end - event.start, 0);
    if (seconds < Math.min(this.constants.shortest_track_seconds, this.heard.seconds)) return undefined;
    const highest = Math.max(0, ...probability);
    return { node, classes: this.whole(node), asked: null, active: on, probability: highest, events };
  }

  /** Whether an event lies in a segment. */
  during(event, i) {
    const { segment, overlap, sample_rate: rate } = this.heard.told;
    const start = (i * (segment - overlap)) / rate;
    return start < event.end && event.start < start + segment / rate;
  }

  descend(node, chosen) {
    const below = node.children.map((place) => this.nodes.all[place]);
    let finer = below.filter((one) => this.evidence(one) >= this.enough + this.settings.auto_finer);
    if (!finer.length) finer = this.apart(node, below);
    for (const one of finer) this.descend(one, chosen);
    if (!finer.length && this.evidence(node) >= this.enough) chosen.add(node);
  }

  /** The one below that is heard best, if all else that the node holds is surely heard, too. */
  apart(node, below) {
    const best = below.reduce((most, one) => (most && this.evidence(most) >= this.evidence(one) ? most : one), null);
    const surer = this.constants.apart_share * this.settings.auto_finer;
    if (!best || this.evidence(best) < this.enough + surer) return [];
    const other = new Cut(this.heard, new Set(this.classes(best)), this.active(best));
    return other.evidence(node) >= this.enough ? [best] : [];
  }

  heardOf(node, busy) {
    const own = this.classes(node);
    return Float32Array.from(this.heard.clip, (clip, i) => {
      if (busy[i]) return 0;
      const values = own.map((k) => clip[k]);
      const sum = values.reduce((total, value) => total + value, 0);
      return (Math.max(0, ...values) + Math.min(sum, 1)) / 2;
    });
  }

  surely(node) {
    if (!this.classes(node).length) return 0;
    const highest = [...this.curve(node)].sort((a, b) => b - a);
    let best = 0;
    let sum = 0;
    highest.forEach((value, i) => {
      sum += value;
      const power = Math.log2(i + 1);
      if (Number.isInteger(power)) best = Math.max(best, sum / (i + 1) + this.settings.auto_longer * power);
    });
    const roots = [node, ...this.nodes.above(node)].filter((one) => !one.parents.length);
    const vague = roots.every((one) => this.constants.vague.includes(one.mid));
    return best * (vague ? this.constants.vague_share : 1);
  }

  active(node) {
    const sounding = Math.min(this.constants.sounding, this.enough, Math.max(0, ...this.curve(node)));
    return Array.from(this.curve(node), (value) => value >= sounding && value > 0);
  }

  same(node, surer) {
    const [one, other] = [this.active(node), this.active(surer)];
    const both = one.filter((on, i) => on && other[i]).length;
    const any = one.filter((on, i) => on || other[i]).length;
    if (both < this.constants.same_time * any) return false;
    const curves = [node, surer].map((which) => this.heard.curve(this.classes(which)));
    const mean = (x) => x.reduce((total, value) => total + value, 0) / x.length;
    const centred = curves.map((x) => ((m) => Array.from(x, (value) => value - m))(mean(x)));
    const spread = centred.map((x) => Math.sqrt(mean(x.map((value) => value * value))));
    if (Math.min(...spread) < this.constants.flat) return false; // two sounds that never end would look the same
    const together = mean(centred[0].map((value, f) => value * centred[1][f]));
    return together >= this.constants.same_curve * spread[0] * spread[1];
  }
}
