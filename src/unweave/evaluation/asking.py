"""The ways in which a model is asked for an item's target: what the separator is told in each of its segments.

    oracle     what the tagger hears in the clean target itself (the paper's oracle embedding, equation 11)
    average    the mean over sounds of the class that nothing is tested on (equation 9)
    weighted   the same, each sound weighted by how sure the tagger is that it holds the class; only if it is named
    example    one such sound
    soft       the class by what the tagger hears of it in the mixture (Algorithm 3)
    onehot     the class by its name

Which of them a model can answer depends on its condition; which of them an item can be asked by, on its class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.errors import UnweaveError
from unweave.evaluation.averages import Averages
from unweave.evaluation.items import Item
from unweave.inference.hierarchy import known_mask, node_activity, node_mask
from unweave.model import Model
from unweave.ontology import Node

Samples = NDArray[np.float32]


@dataclass
class Heard:
    """An item as the model's tagger gets it, mono and at its rate, cut into I segments.

    Attributes:
        item: whose sound it is.
        mixture, target: (I, T) each.
        probabilities: what is heard in the mixture, and what a separator is told of it (`Tags.told`), (I, K) each,
            heard once and only if somebody wants it.
    """

    item: Item
    mixture: Samples
    target: Samples
    probabilities: Callable[[], tuple[Tensor, Tensor]]


class Asker:
    """Makes the conditions of items.

    Args:
        model: with a tagger and a condition.
        averages: conditions from example sounds.
        ways: of the table at the top of this file; None for all that the model can answer.

    Raises:
        UnweaveError: a way that is unknown, or that the model cannot be asked by.
    """

    def __init__(self, model: Model, averages: Averages, ways: tuple[str, ...] | None = None) -> None:
        if model.tagger is None or model.condition is None:
            raise UnweaveError(f"The model {model.name} is steered by words and cannot be asked by class or example.")
        self.model, self.averages = model, averages
        self._weighted: dict[str, Tensor | None] = {}
        able = ways_of(model, averages)
        able += NAMED if "average" in able else ()
        for way in ways or ():
            if way not in able:
                raise UnweaveError(
                    f"The model {model.name} cannot be asked by {way!r} here; it can by {', '.join(able)}."
                )
        wanted = [way for way in able if way not in NAMED] if ways is None else ways
        self.ways = tuple(way for way in WAYS if way in wanted)

    def conditions(self, heard: Heard) -> dict[str, Tensor]:
        """What the separator is told in each segment, (I, D), by way.

        Ways that the item cannot be asked by are left out. The target is heard where it sounds; the mean of its
        segments asks for all of it, as equation 9 has it.
        """
        made = {way: WAYS[way](self, heard) for way in self.ways}
        return {way: vector.expand(len(heard.mixture), -1) for way, vector in made.items() if vector is not None}

    def active(self, heard: Heard) -> dict[str, NDArray[np.bool_]]:
        """The segments in which the class is not all but certainly absent, (I,), by way; elsewhere silence is given.

        What is asked for by name passes the model's `class_gate`, as it does in `unweave separate`.
        """
        gate, mask = self.model.settings.class_gate, self._mask(heard.item)
        if "onehot" not in self.ways or mask is None or gate <= 0:
            return {}
        return {"onehot": node_activity(heard.probabilities()[0].cpu().numpy(), [mask])[:, 0] >= gate}

    def oracle(self, heard: Heard) -> Tensor | None:
        """From the target."""
        audible = heard.target[np.abs(heard.target).max(axis=1) > 0]
        return None if not len(audible) else self.averages.of_segments(audible)[None]

    def average(self, heard: Heard) -> Tensor | None:
        """From all examples of the label."""
        return _row(self.averages.average(heard.item.label))

    def weighted(self, heard: Heard) -> Tensor | None:
        """From all examples of the label, by how sure they are of its class."""
        mask = self._mask(heard.item)
        if mask is None:
            return None
        key = heard.item.label
        if key not in self._weighted:
            self._weighted[key] = self.averages.weighted(key, mask)
        return _row(self._weighted[key])

    def example(self, heard: Heard) -> Tensor | None:
        """From one example of the label, which depends on the item alone."""
        return _row(self.averages.example(heard.item.label, heard.item.id))

    def soft(self, heard: Heard) -> Tensor | None:
        """From what is heard of the class in the mixture."""
        mask = self._mask(heard.item)
        if mask is None:
            return None
        assert self.model.condition is not None
        return self.model.condition.from_classes(heard.probabilities()[1], torch.from_numpy(mask).to(self.model.device))

    def onehot(self, heard: Heard) -> Tensor | None:
        """From the class's name, as people ask for it; with what it hints at in the mixture, if the condition does."""
        mask = self._mask(heard.item)
        if mask is None:
            return None
        assert self.model.condition is not None
        chosen = torch.from_numpy(mask).to(self.model.device)
        index = [node.index for node in self._nodes(heard.item) if node.index is not None]
        one = index[0] if len(index) == 1 and mask[index[0]] else None
        told = heard.probabilities()[1] if self.model.condition.hints and one is not None else chosen[None].float()
        asked = None if one is None else torch.full((len(told),), one, device=self.model.device)
        return self.model.condition.from_classes(told, chosen, asked)

    def _nodes(self, item: Item) -> list[Node]:
        return [self.model.ontology.find(name) for name in item.classes]

    def _mask(self, item: Item) -> NDArray[np.bool_] | None:
        """The item's classes that the model has learnt, (K,); None if there is none."""
        known, mask = known_mask(self.model), np.zeros(len(self.model.ontology.labels), bool)
        for node in self._nodes(item):
            mask |= node_mask(self.model, node, alone=True) & known
        return mask if mask.any() else None


WAYS: dict[str, Callable[[Asker, Heard], Tensor | None]] = {
    "oracle": Asker.oracle,
    "average": Asker.average,
    "weighted": Asker.weighted,
    "example": Asker.example,
    "soft": Asker.soft,
    "onehot": Asker.onehot,
}


NAMED = ("weighted",)
"""Ways that are measured only where they are asked for by name."""


def ways_of(model: Model, averages: Averages) -> tuple[str, ...]:
    """The ways in which a model can be asked, given what examples there are."""
    without = set() if averages.there else {"average", "example"}
    if model.condition is None or not model.condition.by_class:
        without |= {"soft", "onehot"}
    return tuple(way for way in WAYS if way not in without and way not in NAMED)


def _row(vector: Tensor | None) -> Tensor | None:
    return None if vector is None else vector[None]
