"""By level: every node of a level that sounds somewhere, or every class by itself (`unweave.asking.level`)."""

from __future__ import annotations

from unweave_light.plan import Group, Heard, request_for
from unweave_light.surely import faintly, heard_together, how_surely

CLASSES = "classes"  # in place of a level: every class by itself


def level_group(heard: Heard, level: int | None) -> Group:
    """The nodes of a level (None: all classes by themselves) that sound somewhere, the most prominent first."""
    settings, all_nodes = heard.told["settings"], heard.nodes
    nodes = [node for node in all_nodes.all if node.index is not None] if level is None else all_nodes.level(level)
    enough = settings["level_threshold"]
    if level is not None and enough is not None and heard.threshold is None:
        own = [heard_together(heard.clip[:, all_nodes.mask(node)]) for node in nodes]
        sure = [how_surely(curve, settings["auto_longer"]) >= enough for curve in own]
        nodes = [node for node, here in zip(nodes, sure, strict=True) if here]
        heard = faintly(heard)
    requests = []
    for node in nodes:
        mask = all_nodes.mask(node, alone=level is None)
        active = (heard.clip / heard.limits)[:, mask].max(axis=1, initial=0) >= 1
        if active.any():
            probability = heard.clip[:, mask].max(axis=1, initial=0)
            requests.append(request_for(heard, node, node.file, mask, active, probability))
    return Group(f"level-{level or CLASSES}", level, sorted(requests, key=lambda one: -one.strength), named=False)
