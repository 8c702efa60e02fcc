"""What the data sets made of Freesound's recordings have in common.

ESC-50, UrbanSound8K, FSD50K and FSDKaggle2018 name the recording on Freesound that a clip was cut from. Their clips are
grouped by it under one name, so that a recording that is in two of them is seen to be the same.
"""

from __future__ import annotations

from unweave.errors import UnweaveError


def group(number: str) -> str:
    """The group of all clips of the recording with this number on Freesound."""
    return f"freesound-{number.strip()}"


def fold_split(fold: int, valid_fold: int, test_fold: int) -> str:
    """The part that a fold is in: "train" unless it is held out."""
    return "test" if fold == test_fold else "valid" if fold == valid_fold else "train"


def check_folds(valid_fold: int, test_fold: int, folds: int) -> None:
    """Check the folds to be held out.

    Raises:
        UnweaveError: they are not two different ones of 1 to `folds`; 0 holds none out.
    """
    if not (0 <= valid_fold <= folds and 0 <= test_fold <= folds) or (valid_fold == test_fold != 0):
        raise UnweaveError(
            f"valid_fold is {valid_fold} and test_fold is {test_fold}; they must be two different folds of 1 to "
            f"{folds}, or 0 to hold none out."
        )
