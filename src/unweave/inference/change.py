"""A recording with some of its sounds louder, softer or gone: y = rest (x - sum s) + sum factor s.

What is taken out of a recording is what a separation would give as the track of that sound, no more and no less: where
the tagger does not hear it, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from unweave.audio.stretch import Stretch
from unweave.errors import UnweaveError
from unweave.inference.hear import hear
from unweave.inference.heard import Heard
from unweave.inference.options import Options
from unweave.inference.recording import Recording, Samples
from unweave.inference.request import Group, Request
from unweave.inference.separate import separate_blocks
from unweave.inference.tagging import SegmentTags
from unweave.inference.wish import Asked, Prepared, Wish
from unweave.networks import Networks, Progress

GROUP = "changed"
BLOCK_SECONDS = 10  # of what is copied


@dataclass(frozen=True)
class Part:
    """A sound and what becomes of it.

    Attributes:
        what: as somebody called it.
        wish: the same, asked.
        factor: that its samples are multiplied by, from 0 on.
    """

    what: str
    wish: Wish
    factor: float


@dataclass(frozen=True)
class Change:
    """What becomes of a recording.

    Attributes:
        kind: "removed", "kept" or "remixed", as it stands in the name of the file.
        rest: factor of all that is in none of the parts: 1 or 0.
        parts: the sounds.
    """

    kind: str
    rest: float
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        """As "Dog, Speech removed"."""
        return f"{', '.join(part.what for part in self.parts)} {self.kind}"

    def check(self, model: Networks, options: Options) -> list[str]:
        """As `unweave.inference.hear.check`, for the parts and for those wishes that amend them."""
        wishes = [*(part.wish for part in self.parts), *options.asked.wishes]
        return [sentence for wish in wishes for sentence in wish.check(model)]


@dataclass
class Changed:
    """A recording on its way through a change.

    Attributes:
        tags: what was heard in it.
        requests: what is multiplied, each once.
        factors: one for each of them.
        silent: what of the parts was heard nowhere.
        sentences: on how the recording was understood.
    """

    tags: SegmentTags
    requests: list[Request]
    factors: list[float]
    silent: list[str]
    sentences: list[str]


def listen(
    model: Networks, recording: Recording, change: Change, options: Options, progress: Progress | None
) -> Changed:
    """The first pass: hear the recording, and find what of it is to be changed.

    Raises:
        UnweaveError: a WHAT that this recording does not have, or one sound that would be made louder in two ways.
    """
    asked = [part.wish.prepare(model, recording, options.batch) for part in change.parts]
    amending = [wish.prepare(model, recording, options.batch) for wish in options.asked.wishes]
    parts = [Prepared(groups=_of_one(part, one), hear=one.hear) for part, one in zip(change.parts, asked, strict=True)]
    plain = replace(options, asked=Asked(), max_tracks=None)
    tags, groups = hear(model, recording, plain, [*parts, *amending], progress)
    found: dict[object, tuple[Request, float]] = {}
    for part, group in zip(change.parts, groups, strict=True):
        for request in group.requests:
            _, factor = found.setdefault(request.sound(), (request, part.factor))
            if factor != part.factor:
                raise UnweaveError(f"{part.what} is the same sound as another one that has another gain; give one.")
    sentences = [line for one in (*asked, *amending) for line in one.sentences]
    silent = [
        part.what
        for part, group in zip(change.parts, groups, strict=True)
        if not any(request.activity.any() for request in group.requests)
    ]
    return Changed(
        tags, [one for one, _ in found.values()], [factor for _, factor in found.values()], silent, sentences
    )


def changed_blocks(
    model: Networks,
    recording: Recording,
    change: Change,
    changed: Changed,
    options: Options,
    progress: Progress | None,
) -> Iterator[Samples]:
    """The second pass: the changed recording from start to end, (C, n) each; blended with it, by `options.strength`."""
    strength = np.float32(options.strength)
    rest = strength * np.float32(change.rest) + (1 - strength)
    # A sound that stays as loud as all the rest needs no separator, and every sample stays as it is.
    touched = [
        (request, factor)
        for request, factor in zip(changed.requests, changed.factors, strict=True)
        if factor != change.rest
    ]
    weights = [strength * np.float32(factor - change.rest) for _, factor in touched]
    # One set: sounds that are changed share what there is, so that nothing is taken out twice.
    groups, quality = [Group(GROUP, None, [request for request, _ in touched])], options.quality
    for piece in separate_blocks(model, recording, changed.tags, groups, options.batch, progress, quality=quality):
        block = rest * piece.mixture
        for weight, samples in zip(weights, piece.tracks, strict=True):
            block += weight * samples
        yield block


def around(recording: Recording, changed: Iterator[Samples]) -> Iterator[Samples]:
    """Blocks of a changed part in their place: what lies before and after it stays as it is, to the bit."""
    size = BLOCK_SECONDS * recording.sample_rate
    yield from recording.before(size) if isinstance(recording, Stretch) else ()
    yield from changed
    yield from recording.after(size) if isinstance(recording, Stretch) else ()


def _of_one(part: Part, prepared: Prepared) -> Callable[[Heard], list[Group]]:
    """All requests of a part in one group."""

    def groups(heard: Heard) -> list[Group]:
        return [Group(GROUP, None, [one for group in prepared.groups(heard) for one in group.requests])]

    return groups
