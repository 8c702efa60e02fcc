"""An index.csv of tagged clips from several collections: one row a clip, AudioSet mids as tags."""

from __future__ import annotations

import csv
from pathlib import Path

from unweave.data.collection import Clip
from unweave.errors import UnweaveError
from unweave.ontology import Ontology


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
