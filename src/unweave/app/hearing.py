"""What sounds when, coarse to fine: the time line of the page."""

from __future__ import annotations

from typing import Any

from unweave.app.worker import Tell
from unweave.asking.cut import auto_group
from unweave.asking.level import level_group
from unweave.audio.io import open_audio
from unweave.errors import UnweaveError
from unweave.inference.events import Event
from unweave.inference.heard import Heard, class_events
from unweave.inference.hierarchy import known_mask, node_mask
from unweave.inference.request import Group
from unweave.inference.tagging import tag_segments
from unweave.model import Model
from unweave.ontology import Ontology

DIGITS = 3


def listen(model: Model, name: str, tell: Tell) -> dict[str, Any]:
    """The events of a recording, in the shape of docs/http.md.

    Args:
        model: with a tagger.
        name: of the recording.
        tell: how far it is.
    """
    if model.tagger is None:
        raise UnweaveError(f"The model {model.name} has no tagger: it cannot say what sounds when.")
    with open_audio(name) as recording:
        heard = Heard(model, tag_segments(model, recording, progress=tell))
    ontology = model.ontology
    levels = {str(n): _rows(level_group(heard, n), ontology) for n in range(1, ontology.depth + 1)}
    return {"auto": _rows(auto_group(heard), ontology), "levels": levels, "classes": _classes(heard)}


def describe(model: Model) -> dict[str, Any]:
    """What a model can be asked for by name; see `GET /api/classes`."""
    ontology, known = model.ontology, known_mask(model)
    return {
        "model": model.name,
        "levels": ontology.depth,
        "classes": [
            {
                "name": node.name,
                "mid": node.mid,
                "level": node.level,
                "index": node.index,
                "learnt": bool(node_mask(model, node).any()) if node.index is None else bool(known[node.index]),
                "holds": len(ontology.descendants(node)),
                "parents": list(node.parents),
            }
            for node in ontology.nodes
        ],
    }


def _rows(group: Group, ontology: Ontology) -> list[dict[str, Any]]:
    """A row for each node, the most prominent first."""
    return [
        _row(one.name, one.mid or "", ontology.find(one.mid).level if one.mid else 1, one.probability, one.events)
        for one in group.requests
    ]


def _classes(heard: Heard) -> list[dict[str, Any]]:
    """A row for each class that sounds; what sounds longest and surest comes first."""
    by_mid: dict[str, list[Event]] = {}
    for event in class_events(heard.model, heard.tags, heard.threshold):
        by_mid.setdefault(event.mid, []).append(event)
    weight = {mid: sum((one.end - one.start) * one.probability for one in events) for mid, events in by_mid.items()}
    nodes = heard.model.ontology.graph.nodes
    return [
        _row(nodes[mid].name, mid, nodes[mid].level, max(one.probability for one in by_mid[mid]), by_mid[mid])
        for mid in sorted(by_mid, key=lambda mid: -weight[mid])
    ]


def _row(name: str, mid: str, level: int, probability: float | None, events: list[Event]) -> dict[str, Any]:
    return {
        "name": name,
        "mid": mid,
        "level": level,
        "probability": None if probability is None else round(probability, DIGITS),
        "events": [
            {
                "start": round(one.start, DIGITS),
                "end": round(one.end, DIGITS),
                "probability": round(one.probability, DIGITS),
            }
            for one in events
        ],
    }
