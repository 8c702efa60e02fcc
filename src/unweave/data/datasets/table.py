"""A table of tagged sounds: csv or jsonl, one row a clip, one or several tags in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unweave.data.collection import Collection, Entry
from unweave.data.datasets.base import TWICE, datasets, existing, gather, nothing
from unweave.data.datasets.layout import recognised
from unweave.data.datasets.report import Report
from unweave.data.datasets.split import held_out
from unweave.data.datasets.table_rows import ENDINGS, Row, columns_fit, read_table
from unweave.data.vocabulary import choose
from unweave.errors import UnweaveError


def _tables(root: Path) -> list[Path]:
    """The tables of clips that `root` is or holds."""
    if root.is_file():
        return [root] if columns_fit(root) else []
    return [path for path in sorted(root.iterdir()) if columns_fit(path)]


@datasets.register("table")
@recognised(
    "table", "a .csv or .jsonl with a column path and a column labels", lambda root: len(_tables(root)) == 1, rank=2
)
def table(root: Path, labels: str = "auto", valid_one_in: int = 10, audio: str = "") -> Collection:
    """Sounds that a table names with their tags.

    Its columns: `path` (or `file`, `filename`), `labels` (or `label`, `tags`, `class`; several tags with ";", "|" or
    "," between them, a list in jsonl), and if it has them `group` (the recording that a clip is of) and `split`. A
    file may have a row for each of its tags.

    Args:
        root: the table, or a folder with a single one.
        labels: "audioset", "own", or "auto": AudioSet's classes if every tag names one.
        valid_one_in: which part of the training recordings to validate on where the table has no such part; 0 for
            none.
        audio: the folder that paths start from, itself below the table's folder.

    Raises:
        UnweaveError: no table or several, a column that is missing, a row that cannot be read, a recording on both
            sides of the split, or with "audioset" a tag that is no class.
    """
    path, report = _one_table(existing(root)), Report()
    base = path.parent / audio
    rows = _merged(path, labels != "own", report)
    if not rows:
        raise UnweaveError(nothing("table", path, report))
    vocabulary, places = choose((label for row in rows for label in row.labels), labels)
    learnt = [row for row in rows if row.split in ("", "train")]
    whole = any(row.split == "valid" for row in rows)
    held = held_out([row.group for row in learnt], [row.labels for row in learnt], 0 if whole else valid_one_in)

    def entries() -> Iterator[Entry]:
        for row in rows:
            split = "valid" if row.split in ("", "train") and row.group in held else row.split or "train"
            classes = tuple(sorted({places[label] for label in row.labels}))
            yield Entry(row.name, classes, ";".join(dict.fromkeys(row.labels)), row.group, split, "table")

    return gather("table", vocabulary, base, entries(), report)


def _one_table(root: Path) -> Path:
    if root.is_file():
        if root.suffix.lower() not in ENDINGS:
            raise UnweaveError(f"{root} is no table; give a file that ends in {', '.join(sorted(ENDINGS))}.")
        return root
    tables = _tables(root)
    if len(tables) == 1:
        return tables[0]
    if tables:
        names = ", ".join(path.name for path in tables)
        raise UnweaveError(f"{root} holds several tables ({names}); give the file itself.")
    raise UnweaveError(f"{root} holds no table with a column path and a column labels; give the file itself.")


def _merged(path: Path, commas_in_names: bool, report: Report) -> list[Row]:
    """The rows with a file and a tag, one for each file."""
    rows: dict[str, Row] = {}
    for row in read_table(path, commas_in_names):
        if not row.name or not row.labels:
            lacks = "it names no file" if not row.name else "it has no tag"
            report.add(lacks, f"Line {row.line} of {path.name}")
            continue
        row = row._replace(group=row.group or row.name.rpartition(".")[0] or row.name)
        first = rows.setdefault(row.name, row)
        if first is row:
            continue
        if (first.split, first.group) != (row.split, row.group):
            raise UnweaveError(
                f"{path} lists {row.name} twice, in lines {first.line} and {row.line}, and not in the same split and "
                "group; keep one."
            )
        if set(row.labels) <= set(first.labels):
            report.add(TWICE, f"{row.name} in line {row.line} of {path.name}")
        else:  # a row for each tag
            rows[row.name] = first._replace(labels=first.labels + row.labels)
    return list(rows.values())
