"""FSD50K (Fonseca et al., 2020): 51 197 clips of Freesound, 200 classes of AudioSet's ontology.

Sounds lie in `FSD50K.dev_audio` and `FSD50K.eval_audio`, tags in `FSD50K.ground_truth`. A clip is tagged with its
classes and all that stand above them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unweave.data.collection import Collection, Entry
from unweave.data.datasets.base import datasets, existing, gather, hold_back
from unweave.data.datasets.csvs import read_rows
from unweave.data.datasets.freesound import group
from unweave.data.datasets.layout import has, recognised
from unweave.data.datasets.report import Report
from unweave.data.datasets.split import PARTS
from unweave.data.vocabulary import Vocabulary, audioset_class
from unweave.errors import UnweaveError

DEV, EVAL = "FSD50K.ground_truth/dev.csv", "FSD50K.ground_truth/eval.csv"


@datasets.register("fsd50k")
@recognised("fsd50k", f"the file {DEV} or the folder FSD50K.dev_audio", has(DEV, EVAL, "FSD50K.dev_audio"))
def fsd50k(root: Path) -> Collection:
    """FSD50K with those of its classes that are among AudioSet's 527; its own split into train, valid and test.

    Args:
        root: holds `FSD50K.dev_audio/`, `FSD50K.eval_audio/` and `FSD50K.ground_truth/`.

    Raises:
        UnweaveError: dev.csv is missing, or a table lacks a column.
    """
    root, report = existing(root), Report()
    entries = list(_entries(root, DEV, "FSD50K.dev_audio"))
    if (root / EVAL).is_file():
        entries += _entries(root, EVAL, "FSD50K.eval_audio")
    else:
        report.note(f"There is no {EVAL}, so there is nothing to test on.")
    return gather("fsd50k", Vocabulary.audioset(), root, hold_back(entries, report), report)


def _entries(root: Path, table: str, folder: str) -> Iterator[Entry]:
    columns = ["fname", "labels", "mids"] + (["split"] if table == DEV else [])
    for row in read_rows(root / table, columns):
        split = PARTS.get(row["split"].strip().lower()) if table == DEV else "test"
        if split is None:
            raise UnweaveError(f"The column split of {root / table} holds {row['split']!r}, not train or val.")
        places = [audioset_class(mid) for mid in row["mids"].split(",")]
        yield Entry(
            name=f"{folder}/{row['fname']}.wav",
            classes=tuple(sorted({place for place in places if place is not None})),
            label=row["labels"].replace(",", ";"),
            group=group(row["fname"]),
            split=split,
            dataset="fsd50k",
        )
