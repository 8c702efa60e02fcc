"""What the benchmarks on an index.csv have in common: its held-out clips, and the training clips as examples."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from unweave.audio.io import read_audio
from unweave.data.collection import Clip
from unweave.data.datasets import datasets
from unweave.data.datasets.base import existing
from unweave.data.datasets.index import is_index
from unweave.data.loudest import loudest_start
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.items import Piece

HELD_OUT = ("valid", "test")
EXAMPLES = 100


@dataclass(frozen=True)
class Sounds:
    """The clips of one or several data sets in an index.

    Attributes:
        root: folder of the index.
        tested: clips that nothing is trained on.
        training: the others.
        names, mids: of the classes that clips' `classes` index.
    """

    root: Path
    tested: Sequence[Clip]
    training: Sequence[Clip]
    names: Sequence[str]
    mids: Sequence[str]

    def label(self, clip: Clip) -> str:
        """The clip's first class by its name; a clip without one keeps its data set's word."""
        return self.names[clip.classes[0]] if clip.classes else clip.label

    def asked(self, clip: Clip) -> tuple[str, ...]:
        """What the clip's sound is asked for by."""
        return (self.mids[clip.classes[0]],) if clip.classes else ()

    def loudest(self, clip: Clip, seconds: float) -> Piece:
        """Where the clip is loudest."""
        wave, rate = read_audio(clip.path)
        start = loudest_start(wave.mean(axis=0), round(seconds * rate))
        return Piece(below(self.root, clip.path), round(start / rate, 4), seconds)

    def examples(self) -> dict[str, list[Piece]]:
        """Training clips of each label of the tested ones."""
        wanted = {self.label(clip) for clip in self.tested}
        found: dict[str, list[Piece]] = {label: [] for label in sorted(wanted)}
        for clip in self.training:
            if (label := self.label(clip)) in wanted and len(found[label]) < EXAMPLES:
                found[label].append(Piece(below(self.root, clip.path)))
        return found

    def counts(self) -> dict[str, int]:
        """How many training clips each label has."""
        wanted = {self.label(clip): 0 for clip in self.tested}
        for clip in self.training:
            if (label := self.label(clip)) in wanted:
                wanted[label] += 1
        return dict(sorted(wanted.items()))


def held_out(root: str | Path, dataset: str | Collection[str], mends: str | Path | None = None) -> Sounds:
    """The clips of a data set in the index.csv that `root` is or holds.

    Args:
        root: the index, or its folder.
        dataset: the data set, or several; all of the index if none is named.
        mends: of the index, as `unweave.data.datasets.mends` has them.

    Raises:
        UnweaveError: no index, or none of its clips of those data sets is held out.
    """
    path = existing(root).absolute()
    if not is_index(path):
        raise UnweaveError(f"{path} is no index.csv of tagged clips and holds none; see docs/data.md for its columns.")
    collection = datasets.build("index", root=path, **({"mends": mends} if mends else {}))
    wanted = [dataset] if isinstance(dataset, str) else list(dataset)
    clips = [clip for clip in collection.clips if not wanted or clip.dataset in wanted]
    tested = [clip for clip in clips if clip.split in HELD_OUT]
    if not tested:
        of = f" of the data set {' or '.join(map(repr, wanted))}" if wanted else ""
        raise UnweaveError(f"{path} has no held-out clip (split valid or test){of}.")
    training = [clip for clip in clips if clip.split not in HELD_OUT]
    names, mids = collection.vocabulary.names, collection.vocabulary.mids
    return Sounds(path if path.is_dir() else path.parent, tested, training, names, mids)
