from __future__ import annotations

from unweave.ontology import Ontology
from unweave.words.index import load
from unweave.words.learnt import Learnt
from unweave.words.reading import Reader

ONTOLOGY = Ontology()
READER = Reader(load(), ONTOLOGY.nodes)


def instead(name: str, *known: str) -> str | None:
    learnt = Learnt(ONTOLOGY, [index for one in known for index in ONTOLOGY.descendants(one)] if known else None)
    node = learnt.instead(ONTOLOGY.find(name), READER.ranked(name))
    return None if node is None else node.name


def test_nearest_class_above_stands_in() -> None:
    assert instead("Gull, seagull") == "Bird" and instead("Crash cymbal") == "Cymbal"
    assert instead("Whimper (dog)", "Bark") == "Dog" and instead("Whimper (dog)", "Purr") == "Domestic animals, pets"
    assert instead("Theremin", "Piano") == "Musical instrument"


def test_what_is_akin_stands_in_where_the_node_above_is_no_class() -> None:
    assert instead("Applause", "Clapping", "Laughter") == "Clapping"
    assert instead("Applause", "Crowd", "Laughter") == "Human group actions"
    assert instead("Dial tone", "Brief tone", "Dog") == "Brief tone"


def test_of_several_parents_the_one_that_was_meant_stands_in_or_none() -> None:
    assert instead("Hiss", "Purr", "Rain") is None
    assert instead("Ambulance (siren)", "Police car (siren)", "Bus") == "Siren"


def test_nodes_that_only_order_the_ontology_never_do() -> None:
    assert instead("Packing tape, duct tape", "Vacuum cleaner", "Door") is None  # all domestic sounds
    assert instead("Siren", "Dog") is None


def test_holding() -> None:
    index = ONTOLOGY.find("Bark").index
    assert index is not None
    learnt = Learnt(ONTOLOGY, [index])
    assert learnt.holds(ONTOLOGY.find("Dog")) and not learnt.holds(ONTOLOGY.find("Cat"))
    assert not Learnt(ONTOLOGY, None).holds(ONTOLOGY.find("Booing"))
