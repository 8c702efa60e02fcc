"""ESC-50 (Piczak, 2015): 2000 clips of 5 s, 50 classes, 5 folds; `audio/*.wav` and `meta/esc50.csv`."""

from __future__ import annotations

from pathlib import Path

from unweave.data.collection import Collection, Entry
from unweave.data.datasets.base import datasets, existing, gather, hold_back
from unweave.data.datasets.csvs import read_rows, whole_number
from unweave.data.datasets.freesound import check_folds, fold_split, group
from unweave.data.datasets.layout import has, recognised
from unweave.data.datasets.report import Report
from unweave.data.vocabulary import Vocabulary, audioset_class

TABLE = "meta/esc50.csv"

# The categories that AudioSet calls otherwise. It has no class for drinking_sipping, mouse_click, can_opening and
# washing_machine.
AUDIOSET = {
    "airplane": "Fixed-wing aircraft, airplane",
    "brushing_teeth": "Toothbrush",
    "car_horn": "Vehicle horn, car horn, honking",
    "chirping_birds": "Chirp, tweet",
    "church_bells": "Church bell",
    "clock_alarm": "Alarm clock",
    "clock_tick": "Tick-tock",
    "coughing": "Cough",
    "cow": "Cattle, bovinae",
    "crackling_fire": "Fire",
    "crickets": "Cricket",
    "crying_baby": "Baby cry, infant cry",
    "door_wood_creaks": "Creak",
    "door_wood_knock": "Knock",
    "footsteps": "Walk, footsteps",
    "glass_breaking": "Shatter",
    "hand_saw": "Sawing",
    "hen": "Cluck",
    "insects": "Insect",
    "keyboard_typing": "Computer keyboard",
    "laughing": "Laughter",
    "pouring_water": "Pour",
    "rooster": "Chicken, rooster",
    "sea_waves": "Waves, surf",
    "sneezing": "Sneeze",
    "water_drops": "Drip",
}


@datasets.register("esc50")
@recognised("esc50", f"the file {TABLE}", has(TABLE))
def esc50(root: Path, valid_fold: int = 4, test_fold: int = 5) -> Collection:
    """ESC-50 with AudioSet's classes.

    Args:
        root: holds `audio/` and `meta/`.
        valid_fold: the fold to validate on, 1 to 5; 0 for none.
        test_fold: the fold to test on, 1 to 5; 0 for none.

    Raises:
        UnweaveError: the table is missing or lacks a column, or the folds are wrong.
    """
    check_folds(valid_fold, test_fold, 5)
    root, report = existing(root), Report()
    table = root / TABLE
    entries = []
    for row in read_rows(table, ("filename", "fold", "category", "src_file")):
        place = audioset_class(AUDIOSET.get(row["category"], row["category"]))
        entries.append(
            Entry(
                name=f"audio/{row['filename']}",
                classes=() if place is None else (place,),
                label=row["category"],
                group=group(row["src_file"]),
                split=fold_split(whole_number(row["fold"], "fold", table), valid_fold, test_fold),
                dataset="esc50",
            )
        )
    return gather("esc50", Vocabulary.audioset(), root, hold_back(entries, report), report)
