"""UrbanSound8K (Salamon et al., 2014): 8732 slices of up to 4 s, 10 classes, 10 folds.

Sounds lie in `audio/fold1` to `audio/fold10`, tags in `metadata/UrbanSound8K.csv`.
"""

from __future__ import annotations

from pathlib import Path

from unweave.data.collection import Collection, Entry
from unweave.data.datasets.base import datasets, existing, gather, hold_back
from unweave.data.datasets.csvs import read_rows, whole_number
from unweave.data.datasets.freesound import check_folds, fold_split, group
from unweave.data.datasets.layout import has, recognised
from unweave.data.datasets.report import Report
from unweave.data.vocabulary import Vocabulary, audioset_class

TABLE = "metadata/UrbanSound8K.csv"

# What AudioSet calls otherwise.
AUDIOSET = {
    "air_conditioner": "Air conditioning",
    "car_horn": "Vehicle horn, car horn, honking",
    "dog_bark": "Bark",
    "drilling": "Drill",
    "engine_idling": "Idling",
    "gun_shot": "Gunshot, gunfire",
    "street_music": "Music",
}


@datasets.register("urbansound8k")
@recognised("urbansound8k", f"the file {TABLE} or the folder audio/fold1", has(TABLE, "audio/fold1"))
def urbansound8k(root: Path, valid_fold: int = 9, test_fold: int = 10) -> Collection:
    """UrbanSound8K with AudioSet's classes.

    Args:
        root: holds `audio/` and `metadata/`.
        valid_fold: the fold to validate on, 1 to 10; 0 for none.
        test_fold: the fold to test on, 1 to 10; 0 for none.

    Raises:
        UnweaveError: the table is missing or lacks a column, or the folds are wrong.
    """
    check_folds(valid_fold, test_fold, 10)
    root, report = existing(root), Report()
    table = root / TABLE
    entries = []
    for row in read_rows(table, ("slice_file_name", "fsID", "fold", "class")):
        fold = whole_number(row["fold"], "fold", table)
        place = audioset_class(AUDIOSET.get(row["class"], row["class"]))
        entries.append(
            Entry(
                name=f"audio/fold{fold}/{row['slice_file_name']}",
                classes=() if place is None else (place,),
                label=row["class"],
                group=group(row["fsID"]),
                split=fold_split(fold, valid_fold, test_fold),
                dataset="urbansound8k",
            )
        )
    return gather("urbansound8k", Vocabulary.audioset(), root, hold_back(entries, report), report)
