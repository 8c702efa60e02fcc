"""Which track is which sound: of its class or one above or below it, at its time, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unweave.evaluation.tracks.activity import Frames
from unweave.evaluation.tracks.truth import Truth

SHARE = 0.5  # of the shorter of both times that they must have in common


@dataclass(frozen=True)
class Said:
    """A track: the node that it is of, and when it is said to sound, (F,)."""

    mid: str
    on: Frames


@dataclass(frozen=True)
class Matched:
    """What became of the tracks of a scene.

    Attributes:
        found: the truth and the track of each pair.
        missed: truths without a track.
        invented: tracks without a sound. A second node of a sound that is found, such as of one that is tagged twice,
            is none, nor is a second one below a sound for whose class the level has no node.
    """

    found: tuple[tuple[int, int], ...]
    missed: tuple[int, ...]
    invented: tuple[int, ...]


def match(truths: Sequence[Truth], tracks: Sequence[Said]) -> Matched:
    """Match as many as possible, rather those that have more time in common."""
    share = np.array([[_share(truth, track) for track in tracks] for truth in truths]).reshape(len(truths), len(tracks))
    partner = _largest(
        {number: np.argsort(-share[number], kind="stable").tolist() for number in range(len(truths))}, share
    )
    taken = {track: truth for truth, track in partner.items()}
    invented = [
        number
        for number, track in enumerate(tracks)
        if number not in taken and not any(_covers(truths[t], track) and share[t, number] for t in range(len(truths)))
    ]
    missed = [number for number in range(len(truths)) if number not in partner]
    return Matched(tuple(sorted(partner.items())), tuple(missed), tuple(invented))


def _share(truth: Truth, track: Said) -> float:
    """How much of the shorter of both times they have in common, 0 if they do not fit."""
    if track.mid not in truth.kin:
        return 0.0
    shorter = min(int(truth.on.sum()), int(track.on.sum()))
    common = int((truth.on & track.on).sum()) / shorter if shorter else 0.0
    return common if common >= SHARE else 0.0


def _covers(truth: Truth, track: Said) -> bool:
    return track.mid in truth.nodes if truth.nodes else track.mid in truth.kin


def _largest(choices: dict[int, list[int]], share: NDArray[np.float64]) -> dict[int, int]:
    """The track of each truth, as many as possible (augmenting paths); earlier choices first."""
    taken: dict[int, int] = {}

    def settle(truth: int, seen: set[int]) -> bool:
        for track in choices[truth]:
            if share[truth, track] and track not in seen:
                seen.add(track)
                if track not in taken or settle(taken[track], seen):
                    taken[track] = truth
                    return True
        return False

    for truth in choices:
        settle(truth, set())
    return {truth: track for track, truth in taken.items()}
