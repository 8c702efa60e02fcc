"""How a target is asked for while the separator learns: by what its tagger hears, by name, by a node above it.

People ask in all of these ways, and a model that is to answer them has to have heard them all.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.conditions import Condition
from unweave.ontology import Ontology
from unweave.taggers import Tagger

KINDS = ("soft", "named", "node", "absent")
BROADER = 0.2  # share of the names that are those of a class above


class Asker:
    """Draws a way to ask for each target, and makes the condition.

    Args:
        tagger: hears targets and mixtures.
        condition: from tags, or classes, to a vector.
        ontology: the tagger's classes.
        shares: how often each of `KINDS` is drawn; they add up to 1.
        known: classes that may be asked for though they are not there, (K,).
    """

    def __init__(
        self,
        tagger: Tagger,
        condition: Condition,
        ontology: Ontology,
        shares: dict[str, float],
        known: NDArray[np.bool_],
    ) -> None:
        self.tagger, self.condition, self.ontology, self.known = tagger, condition, ontology, known
        self.kinds, self.odds = list(shares), list(shares.values())
        above = [ontology.ancestors(k) for k in range(tagger.classes)]
        self.names = [[node.index for node in nodes if node.index is not None] for nodes in above]
        self.nodes = [[node.mid for node in nodes] for nodes in above]

    @torch.no_grad()
    def ask(
        self,
        mixture: Tensor,
        target: Tensor,
        classes: NDArray[np.int64],
        holds: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> tuple[Tensor, Tensor]:
        """The targets and how each is asked for; targets 2i and 2i + 1 make mixture i.

        Shape:
            mixture (B, T), target (2B, T), classes (2B,), -1 for none, holds (2B, K) -> (2B, T), (2B, D)
        """
        number, K = len(classes), self.tagger.classes
        kinds = rng.choice(self.kinds, number, p=self.odds)
        absent = self.known & ~(holds | holds[np.arange(number) ^ 1])  # (2B, K)
        kinds[(kinds == "absent") & ~absent.any(1)] = "named"  # of two classes in all, none is absent
        kinds[(classes < 0) & (kinds != "absent")] = "soft"
        vectors: dict[int, Tensor] = {}
        soft = np.flatnonzero(kinds == "soft")
        if len(soft):
            vectors |= dict(zip(soft.tolist(), self.condition(self.tagger(target[soft])), strict=True))
        node = np.flatnonzero(kinds == "node")
        heard = self.tagger(mixture[node // 2]).clip if len(node) else torch.zeros(0, K)
        for i, probabilities in zip(node.tolist(), heard, strict=True):
            mask = torch.zeros(K, dtype=torch.bool)
            above = self.nodes[classes[i]][1:] or [self.ontology.labels[classes[i]].mid]
            mask[self.ontology.descendants(str(rng.choice(above)))] = True
            if holds[i ^ 1][mask.numpy()].any():
                kinds[i] = "named"  # the other source is under the same node
            else:
                vectors[i] = self.condition.from_classes(probabilities[None], mask[None])[0]
        target = target.clone()
        for i in np.flatnonzero((kinds == "named") | (kinds == "absent")).tolist():
            asked = int(classes[i])
            if kinds[i] == "absent":
                asked = int(rng.choice(np.flatnonzero(absent[i])))
                target[i] = 0
            else:
                # A bark is also a dog, unless the other source is one too.
                names = [k for k in self.names[asked] if not holds[i ^ 1][k]]
                asked = int(rng.choice(names)) if names and rng.random() < BROADER else asked
            one = torch.zeros(1, K, dtype=torch.bool)
            one[0, asked] = True
            vectors[i] = self.condition.from_classes(one.float(), one, torch.tensor([asked]))[0]
        return target, torch.stack([vectors[i] for i in range(number)])
