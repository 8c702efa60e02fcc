"""Balanced sampling (Section 3.2): every class equally often, however many clips it has.

A batch draws B classes without replacement, then one clip of each; the clips of a class come in a random order and
none comes twice before all have come once. The whole state can be saved, so that a resumed run draws what an
uninterrupted one would have drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError


class BalancedSampler:
    """Endless batches of (clip, class).

    Args:
        members: the clips of each class that is drawn; the key is the class.
        batch: B, clips a batch; at most the number of classes (counted with their weights).
        seed: of the draws.
        weights: how often a class enters a round in which the others enter once; 1 unless said.

    Raises:
        UnweaveError: a class without clips, or fewer classes than a batch needs.
    """

    def __init__(
        self, members: Mapping[int, Sequence[int]], batch: int, seed: int, weights: dict[int, int] | None = None
    ) -> None:
        empty = [str(key) for key, clips in members.items() if not len(clips)]
        if empty:
            raise UnweaveError(f"The class(es) {', '.join(empty[:5])} have no clip; leave them out or add clips.")
        weights = weights or {}
        self.members = {key: np.asarray(clips, np.int64) for key, clips in sorted(members.items())}
        self.round = np.repeat(list(self.members), [weights.get(key, 1) for key in self.members])
        if batch > len(self.round):
            raise UnweaveError(
                f"A batch of {batch} needs as many classes, there are {len(self.round)}; take a smaller one."
            )
        self.batch = batch
        self._rng = np.random.default_rng(seed)
        self._classes = np.empty(0, np.int64)
        self._left: dict[int, NDArray[np.int64]] = {key: np.empty(0, np.int64) for key in self.members}

    def draw(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The next batch: (clips (B,), the class that each was drawn for (B,))."""
        if len(self._classes) < self.batch:
            # What is left of the old round comes first, so that counts never differ by more than one.
            self._classes = np.concatenate([self._classes, self._rng.permutation(self.round)])
        classes, self._classes = self._classes[: self.batch], self._classes[self.batch :]
        clips = np.array([self._next_clip(int(key)) for key in classes], np.int64)
        return clips, classes

    def _next_clip(self, key: int) -> int:
        if not len(self._left[key]):
            self._left[key] = self._rng.permutation(self.members[key])
        clip, self._left[key] = self._left[key][0], self._left[key][1:]
        return int(clip)

    def state_dict(self) -> dict[str, Any]:
        """All that the next draws depend on, as plain data."""
        return {
            "random": self._rng.bit_generator.state,
            "classes": self._classes.tolist(),
            "left": {key: clips.tolist() for key, clips in self._left.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`."""
        self._rng.bit_generator.state = state["random"]
        self._classes = np.array(state["classes"], np.int64)
        self._left = {int(key): np.array(clips, np.int64) for key, clips in state["left"].items()}
