"""FSDKaggle2018 (Fonseca et al., 2018): 11 073 clips of Freesound, 41 classes, one tag a clip.

As on Zenodo: `FSDKaggle2018.audio_train`, `FSDKaggle2018.audio_test`, `FSDKaggle2018.meta`; or as on Kaggle:
`audio_train`, `audio_test`, `train.csv`, with no tags for the test part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from unweave.data.collection import Collection, Entry
from unweave.data.datasets.base import datasets, existing, gather, hold_back
from unweave.data.datasets.csvs import read_rows
from unweave.data.datasets.freesound import group
from unweave.data.datasets.layout import recognised
from unweave.data.datasets.report import Report
from unweave.data.datasets.split import held_out
from unweave.data.vocabulary import Vocabulary, audioset_class
from unweave.errors import UnweaveError

TRAIN = ("FSDKaggle2018.meta/train_post_competition.csv", "train_post_competition.csv", "train.csv")
TEST = (
    "FSDKaggle2018.meta/test_post_competition_scoring_clips.csv",
    "test_post_competition_scoring_clips.csv",
    "test_post_competition.csv",
)

# What AudioSet calls otherwise. It has no class for the oboe, only for what an oboe is.
AUDIOSET = {
    "Burping_or_eructation": "Burping, eructation",
    "Gunshot_or_gunfire": "Gunshot, gunfire",
    "Oboe": "Wind instrument, woodwind instrument",
    "Violin_or_fiddle": "Violin, fiddle",
}


def _fits(root: Path) -> bool:
    kaggle = (root / "audio_train").is_dir() and any((root / name).is_file() for name in TRAIN)
    return kaggle or (root / "FSDKaggle2018.audio_train").is_dir()


@datasets.register("fsdkaggle2018")
@recognised("fsdkaggle2018", "the folder FSDKaggle2018.audio_train, or audio_train with train.csv", _fits)
def fsdkaggle2018(root: Path, valid_one_in: int = 10) -> Collection:
    """FSDKaggle2018 with AudioSet's classes.

    Args:
        root: holds the folders and tables of one of the two layouts.
        valid_one_in: which part of the training recordings to validate on; 0 for none, as in the paper's evaluation.

    Raises:
        UnweaveError: the table of the train part is missing, or a table lacks a column.
    """
    root, report = existing(root), Report()
    train = list(_entries(root, TRAIN, "train"))
    held = held_out([entry.group for entry in train], [(entry.label,) for entry in train], valid_one_in)
    entries = [entry._replace(split="valid") if entry.group in held else entry for entry in train]
    if any((root / name).is_file() for name in TEST):
        entries += _entries(root, TEST, "test")
    else:
        report.note(f"There is no {TEST[0]}, so there is nothing to test on.")
    return gather("fsdkaggle2018", Vocabulary.audioset(), root, hold_back(entries, report), report)


def _entries(root: Path, tables: Sequence[str], split: str) -> Iterator[Entry]:
    table = next((root / name for name in tables if (root / name).is_file()), None)
    if table is None:
        raise UnweaveError(f"There is none of {', '.join(tables)} in {root}; one of them must say what the clips hold.")
    folder = f"FSDKaggle2018.audio_{split}"
    folder = folder if (root / folder).is_dir() else f"audio_{split}"
    for row in read_rows(table, ("fname", "label")):
        if row["label"] == "None":  # clips that only padded the competition's test part
            continue
        place = audioset_class(AUDIOSET.get(row["label"], row["label"]))
        number = row.get("freesound_id") or Path(row["fname"]).stem
        yield Entry(
            name=f"{folder}/{row['fname']}",
            classes=() if place is None else (place,),
            label=row["label"],
            group=group(number),
            split=split,
            dataset="fsdkaggle2018",
        )
