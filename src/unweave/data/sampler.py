"""Which clips come next (Section 3.2): every class equally often, or every clip equally often.

Every process draws the same joint batch and takes its own part of it, so that the processes of a run never draw the
same clip by chance and the union of their parts is what one process with the joint batch would draw.

An order is never stored. It is a function of (seed, class, round), so the state of a sampler is a place in it: a few
numbers for each class, however many millions of clips there are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError

Rows = NDArray[np.int64]
CLASS_ORDER, CLIP_ORDER, CLASS_CHOICE = 0, 1, 2  # streams of random numbers that one seed gives


class Sampler(ABC):
    """Endless batches of clips.

    Args:
        batch: B, clips a batch in each process, 1 or more.
        seed: of the draws, 0 or more; the same in all processes.
        rank: of this process, from 0.
        world: number of processes that draw together.

    Raises:
        UnweaveError: numbers that make no sense.
    """

    def __init__(self, batch: int, seed: int, rank: int = 0, world: int = 1) -> None:
        if batch < 1 or seed < 0 or not 0 <= rank < world:
            raise UnweaveError(
                f"A sampler needs a batch of at least 1, a seed of at least 0 and a rank below the number of "
                f"processes; got batch {batch}, seed {seed}, rank {rank} of {world}."
            )
        self.batch, self.seed, self.rank, self.world = batch, seed, rank, world

    def draw(self) -> tuple[Rows, Rows]:
        """The next batch: (clips (B,), the class that each was drawn for (B,); -1 for none)."""
        clips, classes = self.draw_jointly()
        mine = slice(self.rank * self.batch, (self.rank + 1) * self.batch)
        return clips[mine], classes[mine]

    @abstractmethod
    def draw_jointly(self) -> tuple[Rows, Rows]:
        """What all processes draw together, rank 0 first: (clips (world * B,), classes (world * B,))."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """All that the next draws depend on, as plain data; the same in every process."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict()`, also that of another rank.

        Raises:
            UnweaveError: the state is of other clips than this sampler has.
        """

    def _random(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *stream])


class BalancedSampler(Sampler):
    """Every class equally often, however many clips it has.

    The classes come in rounds, each in a random order, so that their counts never differ by more than one; a batch
    holds none twice, if there are enough. The clips of a class come in a random order and none comes twice before all
    have come.

    Args:
        members: the clips of each class that is drawn; the key is the class, -1 for clips without one.
        batch: B, clips a batch in each process.
        seed: of the draws.
        weights: how often a class enters a round in which the others enter once; 1 unless said.
        rank: of this process, from 0.
        world: number of processes that draw together.

    Raises:
        UnweaveError: a class without clips, or no class at all.
    """

    def __init__(
        self,
        members: Mapping[int, Sequence[int] | Rows],
        batch: int,
        seed: int,
        weights: Mapping[int, int] | None = None,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        super().__init__(batch, seed, rank, world)
        empty = [str(key) for key, clips in members.items() if not len(clips)]
        if empty:
            raise UnweaveError(f"The class(es) {', '.join(empty[:5])} have no clip; leave them out or add clips.")
        weights = weights or {}
        self.members = {int(key): np.asarray(clips, np.int64) for key, clips in sorted(members.items())}
        self._keys = np.array(list(self.members), np.int64)
        self._per_round = np.repeat(self._keys, [weights.get(key, 1) for key in self.members])
        if not len(self._per_round):
            raise UnweaveError("There is no class to draw clips of; give at least one, with a weight above 0.")
        self._counts = np.array([len(clips) for clips in self.members.values()], np.int64)
        self._place = {key: i for i, key in enumerate(self.members)}
        self._round = 0
        self._classes: Rows = np.empty(0, np.int64)  # what is left of the round
        self._drawn = np.zeros(len(self._keys), np.int64)  # clips drawn of each class
        self._orders: dict[int, tuple[int, Rows]] = {}  # the current round of a class, and its clips in order

    def draw_jointly(self) -> tuple[Rows, Rows]:
        """See `Sampler.draw_jointly`."""
        size = self.batch * self.world
        while len(self._classes) < size:
            self._classes = np.concatenate([self._classes, self._next_round(size - len(self._classes))])
        classes, self._classes = self._classes[:size], self._classes[size:]
        return np.array([self._next_clip(int(key)) for key in classes], np.int64), classes

    def _next_round(self, needed: int) -> Rows:
        """All classes in a random order; the first `needed` are not among those left, as far as that can be."""
        order = self._random(CLASS_ORDER, self._round).permutation(self._per_round)
        self._round += 1
        fresh = np.flatnonzero(~np.isin(order, self._classes))[:needed]
        rest = np.ones(len(order), bool)
        rest[fresh] = False
        return np.concatenate([order[fresh], order[rest]])

    def _next_clip(self, key: int) -> int:
        place = self._place[key]
        number, position = divmod(int(self._drawn[place]), int(self._counts[place]))
        self._drawn[place] += 1
        if key not in self._orders or self._orders[key][0] != number:
            self._orders[key] = number, self._random(CLIP_ORDER, key + 1, number).permutation(self.members[key])
        return int(self._orders[key][1][position])

    def state_dict(self) -> dict[str, Any]:
        """See `Sampler.state_dict`; some numbers for each class, none for a clip."""
        return {
            "seed": self.seed,
            "round": self._round,
            "left": self._classes.tolist(),
            "classes": self._keys.tolist(),
            "clips": self._counts.tolist(),
            "drawn": self._drawn.tolist(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `Sampler.load_state_dict`."""
        if list(state["classes"]) != self._keys.tolist() or list(state["clips"]) != self._counts.tolist():
            raise UnweaveError(
                "The saved place in the clips is of other classes or clips than there are now, so the run cannot go on "
                "exactly; give it the data that it began with, or start a new run."
            )
        self.seed, self._round = int(state["seed"]), int(state["round"])
        self._classes = np.array(state["left"], np.int64)
        self._drawn = np.array(state["drawn"], np.int64)
        self._orders = {}


class RandomSampler(Sampler):
    """Every clip equally often: rounds of all clips, each in a random order. Frequent classes come often.

    Args:
        clips: that are drawn.
        batch: B, clips a batch in each process.
        seed: of the draws.
        rank: of this process, from 0.
        world: number of processes that draw together.
        classes: from a clip to its tags (such as `Store.classes`); each draw of a clip is for one of them, by chance.
            None, or a clip without a tag, gives the class -1.

    Raises:
        UnweaveError: no clip.
    """

    def __init__(
        self,
        clips: Sequence[int] | Rows,
        batch: int,
        seed: int,
        rank: int = 0,
        world: int = 1,
        classes: Callable[[int], Sequence[int]] | None = None,
    ) -> None:
        super().__init__(batch, seed, rank, world)
        self.clips = np.asarray(clips, np.int64)
        if not len(self.clips):
            raise UnweaveError("There is no clip to draw; add clips, or choose another split.")
        self.classes = classes
        self._drawn = 0
        self._order: tuple[int, Rows] = (-1, np.empty(0, np.int64))

    def draw_jointly(self) -> tuple[Rows, Rows]:
        """See `Sampler.draw_jointly`."""
        chance = self._random(CLASS_CHOICE, self._drawn).random(self.batch * self.world)
        clips = np.array([self._next_clip() for _ in chance], np.int64)
        if self.classes is None:
            return clips, np.full(len(clips), -1, np.int64)
        tags = [self.classes(int(clip)) for clip in clips]
        drawn = [int(own[int(u * len(own))]) if len(own) else -1 for own, u in zip(tags, chance, strict=True)]
        return clips, np.array(drawn, np.int64)

    def _next_clip(self) -> int:
        number, position = divmod(self._drawn, len(self.clips))
        self._drawn += 1
        if self._order[0] != number:
            self._order = number, self._random(CLIP_ORDER, 0, number).permutation(self.clips)
        return int(self._order[1][position])

    def state_dict(self) -> dict[str, Any]:
        """See `Sampler.state_dict`."""
        return {"seed": self.seed, "clips": len(self.clips), "drawn": self._drawn}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `Sampler.load_state_dict`."""
        if state["clips"] != len(self.clips):
            raise UnweaveError(
                f"The saved place is among {state['clips']} clips and there are {len(self.clips)}, so the run cannot "
                "go on exactly; give it the data that it began with, or start a new run."
            )
        self.seed, self._drawn = int(state["seed"]), int(state["drawn"])
        self._order = (-1, self._order[1])


samplers: dict[str, type[BalancedSampler] | type[RandomSampler]] = {
    "balanced": BalancedSampler,
    "random": RandomSampler,
}
