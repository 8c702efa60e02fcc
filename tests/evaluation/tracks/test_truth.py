from __future__ import annotations

import numpy as np
import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.items import Piece, Scene, SceneEvent
from unweave.evaluation.tracks.matching import Said, match
from unweave.evaluation.tracks.truth import Kinship, Sound, each, sounds_of, truths
from unweave.ontology import Ontology

ONTOLOGY = Ontology()


def mid(name: str) -> str:
    return ONTOLOGY.find(name).mid


def sound(*names: str, at: int = 0) -> Sound:
    on = np.zeros(10, bool)
    on[at : at + 2] = True
    return Sound(frozenset(map(mid, names)), np.full((1, 10), at, np.float32), on)


def level_of(sounds: list[Sound], level: int) -> list[set[str]]:
    return [{ONTOLOGY.find(one).name for one in truth.nodes} for truth in truths(sounds, Kinship(ONTOLOGY), level)]


def test_sounds_that_share_a_node_are_one_at_a_coarse_level() -> None:
    there = [sound("Dog", at=1), sound("Cat", at=4), sound("Rain", at=6)]
    assert level_of(there, 1) == [{"Animal"}, {"Natural sounds"}]
    assert level_of(there, 2) == [{"Domestic animals, pets"}, {"Water"}]
    assert level_of(there, 3) == [{"Dog"}, {"Cat"}, {"Rain"}]
    both = truths(there, Kinship(ONTOLOGY), 1)[0]
    assert np.flatnonzero(both.on).tolist() == [1, 2, 4, 5] and (both.wave == 5).all()


def test_a_sound_that_joins_two_makes_one_of_all() -> None:
    there = [sound("Dog"), sound("Rain"), sound("Cat", "Raindrop")]
    assert level_of(there, 2) == [{"Domestic animals, pets", "Water"}]


def test_by_themselves_sounds_that_share_a_node_are_several() -> None:
    there = [sound("Dog", at=1), sound("Cat", at=4)]
    found = each(there, Kinship(ONTOLOGY))
    assert [truth.wave.max() for truth in found] == [1, 4] and mid("Animal") in found[0].kin & found[1].kin
    assert mid("Bark") in found[0].kin and mid("Bark") not in found[1].kin
    said = [Said(mid(name), found[0].on) for name in ("Dog", "Animal")]
    matched = match(found, said)  # the second name of one sound is one too many
    assert (len(matched.found), len(matched.missed), len(matched.invented)) == (1, 1, 1)


def test_what_lies_above_the_level_has_no_node_and_its_kin() -> None:
    (truth,) = truths([sound("Music")], Kinship(ONTOLOGY), 3)
    assert not truth.nodes and {mid("Piano"), mid("Music")} <= truth.kin and mid("Dog") not in truth.kin


def test_classes_of_all_its_events_and_no_silence() -> None:
    events = tuple(
        SceneEvent(Piece("a"), 0.0, classes=(mid(name),), sound=key)
        for name, key in (("Dog", "a"), ("Bark", "a"), ("Cat", "b"))
    )
    stems = {"a": np.ones((1, 100), np.float32), "b": np.zeros((1, 100), np.float32)}
    (only,) = sounds_of(Scene("one", 1.0, events), stems, 100)
    assert only.classes == {mid("Dog"), mid("Bark")} and only.on.all()


def test_a_class_that_the_ontology_lacks_is_said() -> None:
    with pytest.raises(UnweaveError, match="ontology does not have"):
        Kinship(Ontology.flat(["Dog", "Cat"])).above("/m/06mb1")
