"""How a target is asked for while the separator learns: by what its tagger hears, by name, by a node above it.

People ask in all of these ways, and a model that is to answer them has to have heard them all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from unweave.conditions import Condition
from unweave.ontology import Node, Ontology
from unweave.taggers import Tagger

KINDS = ("soft", "named", "node", "absent")
BROADER = 0.2  # share of the names that are those of a class above


class Asker:
    """Draws a way to ask for each target, and makes the condition; all targets of a batch at once.

    Args:
        tagger: hears targets and mixtures, on the device on which they are.
        condition: from tags, or classes, to a vector.
        ontology: the tagger's classes.
        shares: how often each of `KINDS` is drawn; they add up to 1.
        known: how often a class is asked for though it is not there, relative to the others, (K,); 0 for never. Where
            that is not as often as it is asked for when it is there, a name is cheapest to answer with silence.
    """

    def __init__(
        self,
        tagger: Tagger,
        condition: Condition,
        ontology: Ontology,
        shares: dict[str, float],
        known: NDArray[np.float32],
    ) -> None:
        self.tagger, self.condition, self.known = tagger, condition, known
        self.kinds, self.odds = list(shares), list(shares.values())
        above = [ontology.ancestors(k) for k in range(tagger.classes)]
        self.kin = kindred(above)
        self.names = _table([[node.index for node in nodes if node.index is not None] for nodes in above])
        places = {node.mid: place for place, node in enumerate(ontology.nodes)}
        lone = [places[label.mid] for label in ontology.labels]
        self.nodes = _table([[places[node.mid] for node in nodes[1:]] or [lone[k]] for k, nodes in enumerate(above)])
        self.members = np.zeros((len(places), tagger.classes), bool)  # the classes of each node
        for mid, place in places.items():
            self.members[place, ontology.descendants(mid)] = True

    @torch.no_grad()
    def ask(
        self,
        mixture: Tensor,
        row: NDArray[np.int64],
        target: Tensor,
        classes: NDArray[np.int64],
        holds: NDArray[np.bool_],
        others: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> tuple[Tensor, Tensor]:
        """The targets and how each is asked for.

        Args:
            mixture: (B, T).
            row: the mixture that each target is in, (N,).
            target: (N, T); one that is silent is asked for by name, and is not there.
            classes: that each was drawn for, (N,); -1 for none, which a silent one is asked for as what is absent.
            holds: what each holds, (N, K).
            others: what else its mixture holds, (N, K).
            rng: of the draws.

        Shape:
            -> (N, T), (N, D)
        """
        number, K, device = len(classes), self.tagger.classes, target.device
        kinds = rng.choice(self.kinds, number, p=self.odds)
        # Where a dog barks no animal is absent, and where some animal is heard, nobody knows that it is no dog.
        absent = (self.known > 0) & ~self._near(holds | others)  # (N, K)
        silent = ~target.abs().amax(1).gt(0).cpu().numpy()
        kinds[silent] = np.where(classes[silent] < 0, "absent", "named")
        kinds[(kinds == "absent") & ~absent.any(1)] = "named"  # of two classes in all, none is absent
        kinds[(classes < 0) & (kinds != "absent")] = "soft"
        masks = self.members[_pick(self.nodes, np.maximum(classes, 0), rng)]  # (N, K)
        # A node that another source is under too cannot be asked for; nor can one of what is silent.
        kinds[(kinds == "node") & (masks & others).any(1)] = "named"
        asked = np.maximum(classes, 0)
        # A bark is also a dog, unless another source is one too.
        broader = _pick(self.names, asked, rng, self._near(others))
        asked = np.where((rng.random(number) < BROADER) & (broader >= 0), broader, asked)
        vain = kinds == "absent"
        asked[vain] = _any_of(absent[vain], self.known, rng)

        vectors = target.new_zeros(number, self.condition.dim)
        soft, node = np.flatnonzero(kinds == "soft"), np.flatnonzero(kinds == "node")
        name = np.flatnonzero((kinds == "named") | vain)
        if len(soft):
            vectors[torch.from_numpy(soft).to(device)] = self.condition(self.tagger(target[soft]))
        if len(node):
            heard = self.tagger(mixture[row[node]]).told
            told = self.condition.from_classes(heard, torch.from_numpy(masks[node]).to(device))
            vectors[torch.from_numpy(node).to(device)] = told
        if len(name):
            index = torch.from_numpy(asked[name]).to(device)
            one = functional.one_hot(index, K)
            # A name that comes with hints comes with them here, too: they are of what is heard in the mixture.
            heard = self.tagger(mixture[row[name]]).told if self.condition.hints else one.to(target.dtype)
            told = self.condition.from_classes(heard, one.bool(), index)
            vectors[torch.from_numpy(name).to(device)] = told
        away = torch.from_numpy(vain).to(device)
        return target.masked_fill(away[:, None], 0), vectors

    def _near(self, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The classes that are held, those above them and those below, (N, K) -> (N, K)."""
        some = np.flatnonzero(held.any(0))
        return np.asarray(held[:, some].astype(np.float32) @ self.kin[some] > 0)


def kindred(above: Sequence[Sequence[Node]]) -> NDArray[np.float32]:
    """Which classes are each other's, above or below each other, (K, K) of ones and zeros; what is above each is given.

    As numbers, since numpy is slow to multiply truth values.
    """
    out = np.eye(len(above), dtype=np.float32)
    for k, nodes in enumerate(above):
        for node in nodes:
            if node.index is not None:
                out[k, node.index] = out[node.index, k] = 1
    return out


def _table(lists: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Lists of different lengths as one array, filled up with -1."""
    out = np.full((len(lists), max(1, *map(len, lists))), -1, np.int64)
    for place, values in enumerate(lists):
        out[place, : len(values)] = values
    return out


def _pick(
    table: NDArray[np.int64],
    rows: NDArray[np.int64],
    rng: np.random.Generator,
    without: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """One number of each row's list, by chance, none of those `without` (N, K); -1 if there is none."""
    lists = table[rows]
    possible = lists >= 0
    if without is not None:
        possible &= ~np.take_along_axis(without, np.maximum(lists, 0), 1)
    place = np.argmax(np.where(possible, rng.random(lists.shape), -1.0), 1)[:, None]
    found = np.take_along_axis(lists, place, 1)[:, 0]
    return np.asarray(np.where(possible.any(1), found, -1), np.int64)


def _any_of(possible: NDArray[np.bool_], odds: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.int64]:
    """The place of one that is true in each row (N, K), by chance, as likely as the odds (K,) say, (N,)."""
    # The first of several clocks that ring at random, each at its own rate.
    rings = rng.exponential(size=possible.shape) / np.maximum(odds, 1e-9)
    found: NDArray[np.int64] = np.argmin(np.where(possible, rings, np.inf), 1)
    return found
