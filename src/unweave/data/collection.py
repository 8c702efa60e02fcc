"""A collection of tagged clips: where each lies, which classes it holds, which recording it is of.

Tags are weak: a clip *holds* its classes, nobody says when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unweave.data.vocabulary import Vocabulary


@dataclass(frozen=True)
class Clip:
    """One tagged recording.

    Attributes:
        path: file of the sound.
        classes: indexes of its tags; empty if none of its tags is one of the K classes.
        label: its tag in its own data set's words.
        group: clips with the same group come from one recording and never sit on both sides of a split.
        split: "train", "valid" or "test".
        dataset: the collection that it comes from.
        bandwidth: half the sample rate of the original, in Hz: above it there is nothing; 0 if that is not known, then
            the file's own rate says.
    """

    path: Path
    classes: tuple[int, ...]
    label: str
    group: str
    split: str
    dataset: str
    bandwidth: float = 0.0


@dataclass(frozen=True)
class Collection:
    """What a data set's module finds in a folder.

    Attributes:
        name: of the data set.
        vocabulary: what the clips' classes index.
        clips: whose files are there.
        missing: a sentence for each clip that the data set lists and that cannot be used.
    """

    name: str
    vocabulary: Vocabulary
    clips: Sequence[Clip]
    missing: Sequence[str] = field(default_factory=list)
