"""The index of a collection of tagged clips: where each lies, which classes it holds, which recording it is of.

Tags are weak: a clip *holds* its classes, nobody says when.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from unweave.errors import UnweaveError
from unweave.ontology import Ontology


@dataclass(frozen=True)
class Clip:
    """One tagged recording.

    Attributes:
        path: file of the sound.
        classes: indexes of its tags; empty if none of its tags is one of the K classes.
        label: its tag in its own data set's words.
        group: clips with the same group come from one recording and never sit on both sides of a split.
        split: "train" or "valid".
        dataset: the collection that it comes from.
        bandwidth: half the sample rate of the original, in Hz: above it there is nothing.
    """

    path: Path
    classes: tuple[int, ...]
    label: str
    group: str
    split: str
    dataset: str
    bandwidth: float


def read_index(path: str | Path) -> list[Clip]:
    """Read an index.csv with the columns path, dataset, split, source_group, label, audioset_mid, source_sr.

    `audioset_mid` may hold several mids, separated by ";", or none.

    Raises:
        UnweaveError: no such file, a column that is missing, a recording that sits on both sides of the split.
    """
    path = Path(path)
    if not path.is_file():
        raise UnweaveError(f"There is no index {path}; give the index.csv of a prepared collection.")
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    needed = {"path", "dataset", "split", "source_group", "label", "audioset_mid", "source_sr"}
    if not rows or needed - rows[0].keys():
        missing = ", ".join(sorted(needed - (rows[0].keys() if rows else set())))
        raise UnweaveError(f"The index {path} lacks the column(s) {missing}.")
    by_mid = {label.mid: label.index for label in Ontology().labels}
    clips = [
        Clip(
            path=path.parent / row["path"],
            classes=tuple(by_mid[mid] for mid in row["audioset_mid"].split(";") if mid in by_mid),
            label=row["label"],
            group=row["source_group"],
            split=row["split"],
            dataset=row["dataset"],
            bandwidth=float(row["source_sr"]) / 2,
        )
        for row in rows
    ]
    sides: dict[str, str] = {}
    for clip in clips:
        if sides.setdefault(clip.group, clip.split) != clip.split:
            raise UnweaveError(f"The recording {clip.group} sits on both sides of the split in {path}; keep it on one.")
    return clips
