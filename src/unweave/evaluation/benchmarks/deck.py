"""Clips for scenes, dealt like cards: all are used before one comes again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from unweave.audio.io import read_audio
from unweave.data.collection import Clip
from unweave.errors import UnweaveError
from unweave.evaluation.audible import SHORTEST_SECONDS, Stretch, audible_part

Clash = Callable[[Clip, Clip], bool]


def alike(one: Clip, two: Clip) -> bool:
    """Whether two clips share a class or are of one recording."""
    return one.group == two.group or bool(set(one.classes) & set(two.classes))


class Deck:
    """Clips in a drawn order, and anew when they are used up; what has no audible part is laid aside.

    Args:
        clips: all of them.
        rng: draws the order.
        clash: whether two clips may not be in one hand.
    """

    def __init__(self, clips: Iterable[Clip], rng: np.random.Generator, clash: Clash | None = None) -> None:
        self._clips, self._rng, self._clash = list(clips), rng, clash or alike
        self._waiting: list[Clip] = []
        self._sounds: dict[Path, Stretch] = {}
        self._silent: set[Path] = set()

    def hand(self, count: int, beside: Sequence[Clip] = ()) -> list[tuple[Clip, Stretch]]:
        """Take that many clips that share neither class nor recording, nor with those that they come beside.

        Raises:
            UnweaveError: there are not so many.
        """
        taken: list[tuple[Clip, Stretch]] = []
        for again in (False, True):
            if again:
                self._waiting += [self._clips[i] for i in self._rng.permutation(len(self._clips))]
            passed: list[Clip] = []
            for clip in self._waiting:
                sound = self._fitting(clip, taken, beside) if len(taken) < count else None
                if sound is None:
                    passed.append(clip)
                else:
                    taken.append((clip, sound))
            self._waiting = [clip for clip in passed if clip.path not in self._silent]
            if len(taken) == count:
                return taken
        raise UnweaveError(
            f"A scene needs {count} recordings without a common class, and there are not enough among the "
            f"{len(self._clips)} clips; give more clips, another split or half, or fewer sounds."
        )

    def missing(self, folder: Path) -> list[str]:
        """A sentence for the clips that were laid aside, if there are any."""
        names = sorted(path.relative_to(folder).as_posix() for path in self._silent)
        if not names:
            return []
        return [f"{len(names)} clips have no sound of {SHORTEST_SECONDS} s without a gap: {', '.join(names[:3])}."]

    def _fitting(self, clip: Clip, taken: Sequence[tuple[Clip, Stretch]], beside: Sequence[Clip]) -> Stretch | None:
        if any(self._clash(clip, other) for other in (*(one for one, _ in taken), *beside)):
            return None
        if clip.path not in self._sounds and clip.path not in self._silent:
            audio, rate = read_audio(clip.path)
            sound = audible_part(audio.mean(0), rate)
            if sound is None:
                self._silent.add(clip.path)
            else:
                self._sounds[clip.path] = sound
        return self._sounds.get(clip.path)
