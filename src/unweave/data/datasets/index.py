"""An index.csv of tagged clips from several collections: one row a clip, AudioSet mids as tags."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from unweave.data.collection import Clip, Clips, Collection, Entry
from unweave.data.datasets.base import datasets, existing, gather, one_side
from unweave.data.datasets.csvs import read_rows
from unweave.data.datasets.layout import recognised
from unweave.data.datasets.mends import mended, read_mends
from unweave.data.datasets.split import PARTS
from unweave.data.vocabulary import Vocabulary, audioset_class
from unweave.errors import UnweaveError

COLUMNS = ("path", "dataset", "split", "source_group", "label", "audioset_mid", "source_sr")


def read_index(path: str | Path, mends: str | Path | None = None) -> list[Clip]:
    """Read an index.csv with the columns path, dataset, split, source_group, label, audioset_mid, source_sr.

    `audioset_mid` may hold several mids, separated by ";", or none. Whether the files are there is not looked at.

    Args:
        path: of the index.
        mends: a table of cells that are wrong in it, as `read_mends` takes it.

    Raises:
        UnweaveError: no such file, a column that is missing, a recording that sits on both sides of the split, mends
            that do not fit.
    """
    path = Path(path)
    clips = Clips(path.parent)
    for entry in one_side(_entries(path, mends), str(path)):
        clips.append(entry)
    return list(clips)


def _table(root: Path) -> Path:
    return root / "index.csv" if root.is_dir() else root


def is_index(root: Path) -> bool:
    """Whether `root` is an index.csv or a folder with one, told by its columns."""
    path = _table(root)
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            return set(COLUMNS) <= set(next(csv.reader(file), []))
    except (UnicodeDecodeError, csv.Error):
        return False


@datasets.register("index")
@recognised("index", f"an index.csv with the columns {', '.join(COLUMNS)}", is_index, rank=1)
def index(root: Path, mends: str | Path | None = None) -> Collection:
    """The clips of an index.csv, with AudioSet's classes.

    Args:
        root: the file, or the folder with an index.csv; paths in it start from its folder.
        mends: a table of cells that are wrong in it, as `read_mends` takes it.

    Raises:
        UnweaveError: as `read_index`.
    """
    path = _table(existing(root))
    return gather("index", Vocabulary.audioset(), path.parent, _entries(path, mends))


def _entries(path: Path, mends: str | Path | None) -> Iterator[Entry]:
    if not path.is_file():
        raise UnweaveError(f"There is no index {path}; give the index.csv of a prepared collection.")
    rows = read_rows(path, COLUMNS)
    for row in mended(rows, read_mends(mends), str(path)) if mends else rows:
        split = PARTS.get(row["split"].strip().lower())
        if split is None:
            raise UnweaveError(f"The index {path} has the split {row['split']!r}; it must be train, valid or test.")
        try:
            bandwidth = float(row["source_sr"] or 0) / 2
        except ValueError as error:
            raise UnweaveError(f"The index {path} has the sample rate {row['source_sr']!r}, not a number.") from error
        places = [audioset_class(mid) for mid in row["audioset_mid"].split(";")]
        yield Entry(
            name=row["path"],
            classes=tuple(sorted({place for place in places if place is not None})),
            label=row["label"],
            group=row["source_group"] or row["path"],
            split=split,
            dataset=row["dataset"],
            bandwidth=bandwidth,
        )
