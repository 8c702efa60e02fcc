"""What every data set does with the clips that it lists: check them, keep those that can be used, say which cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from unweave.data.collection import Clips, Collection, Entry
from unweave.data.datasets.files import Files
from unweave.data.datasets.report import Report
from unweave.data.vocabulary import Vocabulary
from unweave.errors import UnweaveError
from unweave.registry import Registry

datasets: Registry[Collection] = Registry("data set", "unweave.data.datasets")
"""Each builder takes `root`, where the data set lies, and its own options."""

RANK = {"train": 0, "valid": 1, "test": 2}  # what is tested on counts more than what is learnt from
NO_FILE = "there is no such file"
TWICE = "it is listed twice, and the first time counts"
HELD_OUT = "the same recording is in a part that is held out, so this clip is not learnt from"


def existing(root: str | Path) -> Path:
    """The folder or file `root`.

    Raises:
        UnweaveError: there is none.
    """
    path = Path(root)
    if not path.exists():
        raise UnweaveError(f"There is no folder or file {path}; give the place where the data set lies.")
    return path


def gather(
    name: str, vocabulary: Vocabulary, folder: Path, entries: Iterable[Entry], report: Report | None = None
) -> Collection:
    """The collection of the entries whose files are there.

    Args:
        name: of the data set.
        vocabulary: what the entries' classes index.
        folder: what the entries' names start from.
        entries: every clip that the data set lists.
        report: what has already been found to be unusable.

    Raises:
        UnweaveError: no clip can be used, or a recording sits on both sides of a split.
    """
    report = report or Report()
    files, clips = Files(folder), Clips(folder)
    seen: set[str] = set()
    for entry in one_side(entries, name):
        if entry.name in seen:
            report.add(TWICE, entry.name)
        elif not files.has(entry.name):
            report.add(NO_FILE, entry.name)
        else:
            clips.append(entry)
        seen.add(entry.name)
    if not clips:
        raise UnweaveError(nothing(name, folder, report))
    return Collection(name, vocabulary, clips, report.sentences(), report.count)


def nothing(name: str, folder: Path, report: Report) -> str:
    """The sentence about a data set without any clip that can be used."""
    reasons = " ".join(report.sentences()[:3]) or "It lists none."
    return f"No clip of the data set {name} in {folder} can be used. {reasons}"


def one_side(entries: Iterable[Entry], where: str) -> Iterator[Entry]:
    """The entries as they are, as long as no recording is on two sides of the split.

    Raises:
        UnweaveError: a recording is.
    """
    sides: dict[str, str] = {}
    for entry in entries:
        if sides.setdefault(entry.group, entry.split) != entry.split:
            raise UnweaveError(
                f"The recording {entry.group} sits on both sides of the split in {where}; keep it on one."
            )
        yield entry


def hold_back(entries: Iterable[Entry], report: Report) -> list[Entry]:
    """Leave out clips whose recording is also in a part that is held out.

    A published split has a few of these, and its test part must stay as it is to be comparable.
    """
    entries = list(entries)
    rank: dict[str, int] = {}
    for entry in entries:
        rank[entry.group] = max(rank.get(entry.group, 0), RANK[entry.split])
    kept = []
    for entry in entries:
        if RANK[entry.split] == rank[entry.group]:
            kept.append(entry)
        else:
            report.add(HELD_OUT, entry.name)
    return kept
