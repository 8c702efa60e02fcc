"""What sounds in a scene, as a level of the ontology has it: the tracks that one could get of it at best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError
from unweave.evaluation.items import Scene
from unweave.evaluation.scene_sound import sound_of
from unweave.evaluation.tracks.activity import Frames, sounding
from unweave.ontology import Node, Ontology

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """A sound of a scene.

    Attributes:
        classes: what it is tagged with.
        wave: what it adds to the scene, (C, T).
        on: when it is audible, (F,).
    """

    classes: frozenset[str]
    wave: Samples
    on: Frames


@dataclass(frozen=True)
class Truth:
    """What should be one track at a level: a sound, or several that have a node of the level in common.

    Attributes:
        nodes: of the level that hold its classes; none if its classes lie above the level.
        kin: its classes and all above and below them.
        wave: of all its sounds, (C, T).
        on: when one of them is audible, (F,).
    """

    nodes: frozenset[str]
    kin: frozenset[str]
    wave: Samples
    on: Frames


def sounds_of(scene: Scene, stems: Mapping[str, Samples], sample_rate: int) -> list[Sound]:
    """The sounds of a scene, from what each adds to it; what is never audible is left out."""
    classes: dict[str, set[str]] = {}
    for number, event in enumerate(scene.events):
        classes.setdefault(sound_of(event, number), set()).update(event.classes)
    found = [Sound(frozenset(names), stems[key], sounding(stems[key], sample_rate)) for key, names in classes.items()]
    return [sound for sound in found if sound.on.any()]


class Kinship:
    """The classes above and below each class; asks the ontology once for each.

    Args:
        ontology: the model's.
    """

    def __init__(self, ontology: Ontology) -> None:
        self.ontology = ontology
        self._above: dict[str, frozenset[str]] = {}

    def above(self, label: str) -> frozenset[str]:
        """Mids of a class and of all that hold it.

        Raises:
            UnweaveError: the ontology does not have it.
        """
        if label not in self._above:
            node = self.node(label)
            self._above[label] = frozenset([node.mid, *(one.mid for one in self.ontology.ancestors(node))])
        return self._above[label]

    def kin(self, label: str) -> frozenset[str]:
        """The class, all above it and all classes below it."""
        below = self.ontology.descendants(self.node(label))
        return self.above(label) | {self.ontology.labels[index].mid for index in below} | self._between(label)

    def node(self, label: str) -> Node:
        """The node of a class.

        Raises:
            UnweaveError: the ontology does not have it.
        """
        try:
            return self.ontology.find(label)
        except UnweaveError as error:
            raise UnweaveError(
                f"The scenes hold the class {label!r}, which the model's ontology does not have; "
                "measure a model that has the classes of the scenes."
            ) from error

    def _between(self, label: str) -> frozenset[str]:
        """Nodes below a class that are no classes themselves."""
        found, waiting = set(), [self.node(label).mid]
        while waiting:
            for child in self.ontology.graph.nodes[waiting.pop()].children:
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return frozenset(found)


def each(sounds: Sequence[Sound], kinship: Kinship) -> list[Truth]:
    """Every sound by itself, for tracks that take each from a level that suits it; a second track of one is too many.

    Raises:
        UnweaveError: a class that the ontology does not have.
    """
    nowhere = frozenset({""})  # the node of no track: none but the one that is found is of the sound
    return [
        Truth(nowhere, frozenset().union(*map(kinship.kin, sound.classes)), sound.wave, sound.on) for sound in sounds
    ]


def truths(sounds: Sequence[Sound], kinship: Kinship, level: int) -> list[Truth]:
    """What the sounds are at a level; those that share a node of it are one.

    Raises:
        UnweaveError: there is no such level, or a class that the ontology does not have.
    """
    mids = {node.mid for node in kinship.ontology.level(level)}
    found: list[Truth] = []
    for sound in sounds:
        nodes = frozenset(mid for label in sound.classes for mid in kinship.above(label)) & mids
        one = Truth(nodes, frozenset().union(*map(kinship.kin, sound.classes)), sound.wave, sound.on)
        for other in [other for other in found if other.nodes & one.nodes]:
            found.remove(other)
            one = Truth(one.nodes | other.nodes, one.kin | other.kin, one.wave + other.wave, one.on | other.on)
        found.append(one)
    return found
