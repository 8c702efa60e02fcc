// One set of tracks where nothing is asked for: a cut through the ontology (light/src/unweave_light/cut.py).

/** The tracks, the surest first; what is too unsure or too short is in none of them. */
export function autoGroup(heard) {
  const { nodes } = heard;
  const { settings, constants } = heard.told;
  const enough = settings.auto_threshold;
  const kept = (of, by = new Map()) => (node) => by.get(node) ?? by.set(node, of(node)).get(node);

  const curve = kept((node) =>
    Float32Array.from(heard.clip, (clip) => {
      const own = node.known.map((k) => clip[k]);
      const sum = own.reduce((total, value) => total + value, 0);
      return (Math.max(0, ...own) + Math.min(sum, 1)) / 2;
    }),
  );
  const evidence = kept((node) => {
    if (!node.known.length) return 0;
    const highest = [...curve(node)].sort((a, b) => b - a);
    let best = 0;
    let sum = 0;
    highest.forEach((value, i) => {
      sum += value;
      const power = Math.log2(i + 1);
      if (Number.isInteger(power)) best = Math.max(best, sum / (i + 1) + settings.auto_longer * power);
    });
    const roots = [node, ...nodes.above(node)].filter((one) => !one.parents.length);
    return best * (roots.every((one) => constants.vague.includes(one.mid)) ? constants.vague_share : 1);
  });
  const active = (node) => {
    const sounding = Math.min(constants.sounding, enough, Math.max(0, ...curve(node)));
    return Array.from(curve(node), (value) => value >= sounding && value > 0);
  };
  const same = (node, surer) => {
    const [one, other] = [active(node), active(surer)];
    const both = one.filter((on, i) => on && other[i]).length;
    const any = one.filter((on, i) => on || other[i]).length;
    if (both < constants.same_time * any) return false;
    const curves = [node, surer].map((which) => heard.curve(which.known));
    const mean = (x) => x.reduce((total, value) => total + value, 0) / x.length;
    const centred = curves.map((x) => ((m) => Array.from(x, (value) => value - m))(mean(x)));
    const spread = centred.map((x) => Math.sqrt(mean(x.map((value) => value * value))));
    if (Math.min(...spread) < constants.flat) return false; // two sounds that never end would look the same
    return mean(centred[0].map((value, f) => value * centred[1][f])) >= constants.same_curve * spread[0] * spread[1];
  };

  const chosen = new Set();
  const descend = (node) => {
    const below = node.children.map((place) => nodes.all[place]);
    const finer = below.filter((one) => evidence(one) >= enough + settings.auto_finer);
    finer.forEach(descend);
    if (!finer.length && evidence(node) >= enough) chosen.add(node);
  };
  nodes.roots.forEach(descend);
  // The ontology is a graph: what a node holds may have been found on another way down.
  for (const node of [...chosen]) for (const above of nodes.above(node)) chosen.delete(above);

  const found = [];
  const alike = new Map();
  for (const node of [...chosen].sort((a, b) => evidence(b) - evidence(a))) {
    const other = found.find((one) => same(node, one));
    if (other) alike.set(other, [...(alike.get(other) ?? []), node]);
    else found.push(node);
  }
  const requests = [];
  for (const node of found) {
    const on = active(node);
    const probability = heard.highest(node.known);
    const events = heard.events(node.known, on, probability, heard.faintLimits);
    const seconds = events.reduce((total, event) => total + event.end - event.start, 0);
    if (seconds < Math.min(constants.shortest_track_seconds, heard.seconds)) continue;
    requests.push({
      node,
      classes: [...new Set([node, ...(alike.get(node) ?? [])].flatMap((one) => one.known))],
      asked: null,
      active: on,
      probability: Math.max(0, ...probability),
      events,
    });
  }
  return { requests, named: false, loudestFirst: true };
}
