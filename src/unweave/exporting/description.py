"""`light.json`: all that the light way and the page in the browser must know beside the graphs."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from unweave.asking import cut
from unweave.asking.surely import faint_threshold
from unweave.conditions.soft import Soft
from unweave.inference import above, events, prominence, sharing, tagging
from unweave.inference.hierarchy import node_mask, thresholds
from unweave.inference.segmenting import Grid
from unweave.networks import Networks
from unweave.ontology import Node, Ontology
from unweave.ontology.filenames import safe_name
from unweave.separators.small import SmallSeparator
from unweave.taggers.small import SmallTagger
from unweave.words.understanding import stand_in

SCHEMA = 3
SETTINGS = (
    "threshold",
    "class_gate",
    "class_share",
    "prominence",
    "level_threshold",
    "auto_threshold",
    "auto_finer",
    "auto_longer",
    "faintest_db",
    "exclusive",
    "full_band",
    "by_name",
)


def describe(model: Networks) -> dict[str, Any]:
    """The description of a model whose graphs are exported, as plain data.

    Lengths are in samples, nodes name each other by their place in the list, and the numbers of every step around the
    graphs are told, so that nobody has to know them by heart.
    """
    grid, ontology = Grid.of(model), model.ontology
    tagger, separator = cast(SmallTagger, model.tagger), cast(SmallSeparator, model.separator)
    condition = cast(Soft, model.condition)
    place = {node.mid: number for number, node in enumerate(ontology.nodes)}
    return {
        "schema": SCHEMA,
        "model": model.name,
        "sample_rate": grid.rate,
        "segment": grid.segment,
        "overlap": grid.overlap,
        "transforms": {
            "tagger": {"window": tagger.mel.stft.window_size, "hop": tagger.mel.stft.hop},
            "separator": {"window": separator.stft.window_size, "hop": separator.stft.hop},
            "sharing": _square(sharing.WINDOW_SECONDS, grid.rate),
            "prominence": _square(prominence.WINDOW_SECONDS, grid.rate),
        },
        "settings": {name: getattr(model.settings, name) for name in SETTINGS} | {"hint": condition.hint},
        "limits": _limits(thresholds(model, None)),
        "faint_limits": _limits(thresholds(model, faint_threshold(model.settings))),
        "constants": {
            "frames_per_second": events.FRAMES_PER_SECOND,
            "release": events.RELEASE,
            "gap_seconds": events.GAP_SECONDS,
            "shortest_seconds": events.SHORTEST_SECONDS,
            "floor": tagging.FLOOR,
            "cancelled": tagging.CANCELLED,
            "vague": list(cut.VAGUE),
            "vague_share": cut.VAGUE_SHARE,
            "same_time": cut.SAME_TIME,
            "same_curve": cut.SAME_CURVE,
            "flat": cut.FLAT,
            "sounding": cut.SOUNDING,
            "shortest_track_seconds": cut.SHORTEST_SECONDS,
            "apart_share": cut.APART_SHARE,
            "prominent_from": prominence.FROM,
            "prominent_most": prominence.MOST,
            "above_frame_seconds": above.FRAME_SECONDS,
            "above_band": list(above.BAND),
        },
        "classes": [place[label.mid] for label in ontology.labels],
        "alike": _alike(condition),
        "nodes": [_node(model, ontology, node, place) for node in ontology.nodes],
        "about": model.card,
    }


def _alike(condition: Soft) -> dict[str, list[int]]:
    """What else a name tells than its own place, as far as it is heard, by the place of the name."""
    if condition.alike is None:
        return {}
    rows = condition.alike.cpu().numpy()
    return {str(place): row.nonzero()[0].tolist() for place, row in enumerate(rows) if row.any()}


def _limits(limits: NDArray[np.float32]) -> float | list[float]:
    """One for all classes, or one for each."""
    return float(limits[0]) if (limits == limits[0]).all() else limits.tolist()


def _square(seconds: float, rate: int) -> dict[str, int]:
    window = 4 * max(1, round(seconds * rate / 4))
    return {"window": window, "hop": window // 4}


def _node(model: Networks, ontology: Ontology, node: Node, place: dict[str, int]) -> dict[str, Any]:
    known = [int(index) for index in node_mask(model, node).nonzero()[0]]
    instead = None if known else stand_in(node, ontology, model.settings.known)
    return {
        "mid": node.mid,
        "name": node.name,
        "level": node.level,
        "index": node.index,
        "children": [place[mid] for mid in node.children],
        "parents": [place[mid] for mid in node.parents],
        "known": known,
        "instead": None if instead is None else place[instead.mid],
        "counts": bool(ontology.descendants(node, tree=True)),
        "stem": safe_name(node.name),
        "file": ontology.file_name(node),
    }
