"""A request: one track that is wanted, where it is active and what condition asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.inference.events import Event
from unweave.model import Model


@dataclass(eq=False)
class Request:
    """One wanted track.

    Attributes:
        name: as people read it.
        group: folder of the tracks that add up to the input with their residual: "level-1", "classes", "queries".
        file: stem of the file, different from the others of the group.
        activity: segments in which it is separated, (I,); it is silent in the others.
        mid: of the node, or None for an example.
        level: asked for, or None.
        query: path of the example, or None.
        mask: classes of the node, (K,), or None for an example.
        asked: index of the class that was asked for by name, or None.
        vector: condition from an example, (D,), or None.
        probability: the highest of all segments, or None for an example.
        strength: probability summed over the active segments, for the choice of the most prominent.
        events: when it sounds.
    """

    name: str
    group: str
    file: str
    activity: NDArray[np.bool_]
    mid: str | None = None
    level: int | None = None
    query: str | None = None
    mask: NDArray[np.bool_] | None = None
    asked: int | None = None
    vector: Tensor | None = None
    probability: float | None = None
    strength: float = 0.0
    events: list[Event] = field(default_factory=list)

    def key(self) -> object:
        """The same for requests that have the same answer, such as a node and its only child."""
        if self.vector is not None:
            return self
        assert self.mask is not None
        return self.mask.tobytes(), self.asked, self.activity.tobytes()

    def condition(self, model: Model, probabilities: Tensor) -> Tensor:
        """What the separator is told in each of n segments.

        Shape:
            probabilities (n, K) -> (n, D)
        """
        if self.vector is not None:
            return self.vector.to(probabilities.device).expand(len(probabilities), -1)
        assert model.condition is not None and self.mask is not None
        mask = torch.from_numpy(self.mask).to(probabilities.device)
        asked = None
        if self.asked is not None:
            asked = torch.full((len(probabilities),), self.asked, dtype=torch.int64, device=probabilities.device)
        return model.condition.from_classes(probabilities, mask, asked)


@dataclass
class Group:
    """Requests whose tracks and residual add up to the input.

    Attributes:
        name: folder, as `Request.group`.
        level: of the ontology, or None.
        requests: the tracks, in the order in which they are given back.
    """

    name: str
    level: int | None
    requests: list[Request]
