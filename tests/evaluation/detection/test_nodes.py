from __future__ import annotations

import numpy as np
import pytest
from tiny import tiny_model

from unweave.evaluation.detection.counts import Counts, Occurrence
from unweave.evaluation.detection.nodes import NodeLevel, joined
from unweave.evaluation.detection.segments import segment_counts
from unweave.inference.heard import class_events
from unweave.inference.hierarchy import node_mask, thresholds
from unweave.inference.tagging import SegmentTags
from unweave.ontology import Ontology

ONTOLOGY = Ontology()


def mid(name: str) -> str:
    return ONTOLOGY.find(name).mid


def heard(**spans: tuple[float, float, float]) -> SegmentTags:
    """10 s in which classes sound: onset, end, probability by name."""
    tags = SegmentTags(np.zeros((1, 527), np.float32), 80000, 10.0, [0.0])
    for name, (start, end, probability) in spans.items():
        curve = np.zeros(100, np.float16)
        curve[round(start * 10) : round(end * 10)] = probability
        index = ONTOLOGY.find(name.replace("_", " ")).index
        assert index is not None
        tags.frames[index] = [(0, curve)]
    return tags


def names(events: list[Occurrence]) -> dict[str, tuple[float, float]]:
    return {ONTOLOGY.find(event.label).name: (event.onset, event.offset) for event in events}


def test_animal_is_right_where_a_dog_sounds() -> None:
    model = tiny_model()
    dog = [Occurrence(mid("Dog"), 2.0, 5.0)]
    for said in (heard(Animal=(2, 5, 0.9)), heard(Bark=(2, 5, 0.9)), heard(Cat=(2, 5, 0.9))):
        level = NodeLevel(model, 1)
        assert names(level.true_events(dog)) == {"Animal": (2.0, 5.0)}
        assert names(level.said_events(said, thresholds(model, 0.2))) == {"Animal": (2.0, 5.0)}


def test_saying_dog_says_what_is_above_it_and_cat_is_half_right() -> None:
    model = tiny_model()
    level = NodeLevel(model, 0)
    true, limits = level.true_events([Occurrence(mid("Dog"), 2.0, 5.0)]), thresholds(model, 0.2)
    assert set(names(true)) == {"Dog", "Domestic animals, pets", "Animal"}
    dog, cat = (level.said_events(heard(**{name: (2, 5, 0.9)}), limits) for name in ("Dog", "Cat"))
    assert segment_counts(true, dog, 10) == Counts(9, 0, 0)
    assert segment_counts(true, cat, 10) == Counts(6, 3, 3)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_true_nodes_are_those_that_hold_the_class(level: int) -> None:
    model = tiny_model()
    nodes = NodeLevel(model, level)
    for label in model.ontology.labels:
        true = {event.label for event in nodes.true_events([Occurrence(label.mid, 0, 1)])}
        assert true == {node.mid for node in model.ontology.level(level) if node_mask(model, node)[label.index]}


def test_growling_is_of_all_its_parents() -> None:
    true = NodeLevel(tiny_model(), 3).true_events([Occurrence(mid("Growling"), 0, 1)])
    assert {"Dog", "Cat"} <= set(names(true))


def test_levels_are_those_of_the_ontology() -> None:
    model = tiny_model()
    assert [len(NodeLevel(model, level).nodes) for level in range(4)] == [527, 7, 41, 251]


def test_classes_that_the_model_does_not_know_are_not_said_but_true() -> None:
    model = tiny_model(known=(0, 1))
    level = NodeLevel(model, 1)
    assert level.said_events(heard(Dog=(2, 5, 0.9)), thresholds(model, 0.2)) == []
    assert names(level.true_events([Occurrence(mid("Dog"), 2, 5)])) == {"Animal": (2, 5)}


@pytest.mark.parametrize("threshold", [0.1, 0.5, None])
def test_said_classes_are_those_of_tag_and_what_is_above(threshold: float | None) -> None:
    model = tiny_model(class_thresholds=tuple(np.linspace(0.1, 0.9, 527).tolist()))
    tags = heard(Dog=(1, 3, 0.45), Rain=(4, 6, 0.3), Siren=(5, 9, 0.95), Speech=(0, 2, 0.2))
    said = {event.name for event in class_events(model, tags, threshold)}
    closed = {name for one in said for name in (one, *(a.name for a in ONTOLOGY.ancestors(one) if a.index is not None))}
    assert set(names(NodeLevel(model, 0).said_events(tags, thresholds(model, threshold)))) == closed


def test_events_of_one_node_that_overlap_are_one() -> None:
    events = [
        Occurrence("b", 0, 1),
        Occurrence("a", 4, 5),
        Occurrence("a", 1, 3),
        Occurrence("a", 2, 2.5),
        Occurrence("a", 3, 3.5),
    ]
    assert joined(events) == [Occurrence("a", 1, 3.5), Occurrence("a", 4, 5), Occurrence("b", 0, 1)]
    both = [Occurrence(mid("Dog"), 1, 3), Occurrence(mid("Cat"), 2, 4)]
    assert names(NodeLevel(tiny_model(), 1).true_events(both)) == {"Animal": (1, 4)}
