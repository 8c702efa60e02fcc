"""The classes that taggers know, in the order of their outputs."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TextIO

from unweave.errors import UnweaveError


@dataclass(frozen=True)
class Label:
    """One class.

    Attributes:
        index: place of the class in a tagger's output, 0 to K - 1.
        mid: machine identifier, as "/m/0bt9lr".
        name: what people call it, as "Dog".
    """

    index: int
    mid: str
    name: str


def read_labels(file: TextIO) -> tuple[Label, ...]:
    """Read a table in the layout of AudioSet's `class_labels_indices.csv` (index, mid, display_name).

    Raises:
        UnweaveError: other columns, or indexes that do not count up from 0.
    """
    rows = list(csv.DictReader(file))
    try:
        labels = tuple(Label(int(row["index"]), row["mid"], row["display_name"]) for row in rows)
    except (KeyError, TypeError, ValueError) as error:
        raise UnweaveError("A table of labels needs the columns index, mid and display_name in every row.") from error
    if [label.index for label in labels] != list(range(len(labels))):
        raise UnweaveError("The indexes in a table of labels must count up from 0 without a gap.")
    return labels
