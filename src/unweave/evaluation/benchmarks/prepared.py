"""A benchmark in a folder: `benchmark.json`, and the items and examples one a line.

Items say where their sounds lie, so that the folder is small and no sound is copied. The files are read back only if
they are what was written, since a figure of half a benchmark would look like one of the whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from unweave.atomic import check_target, complete_folder
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Item, Piece, Scene, from_plain, to_plain

ABOUT, ITEMS, EXAMPLES = "benchmark.json", "items.jsonl", "examples.jsonl"
SCHEMA = 1
APART = ("root", "items", "examples")  # all other attributes are written as they are


def save_benchmark(benchmark: Benchmark, folder: str | Path, overwrite: bool = False) -> None:
    """Write a benchmark, all or nothing.

    Args:
        benchmark: its options must be what JSON takes.
        folder: must not be there yet, unless a benchmark is to be replaced.
        overwrite: replace it.

    Raises:
        UnweaveError: the folder is there, or cannot be written.
    """
    folder = Path(folder)
    check_target(folder, ABOUT, overwrite, [benchmark.root])
    with complete_folder(folder, overwrite, ABOUT) as part:
        about: dict[str, Any] = {"schema": SCHEMA, "root": str(benchmark.root.absolute()), "digests": {}}
        about |= {one.name: getattr(benchmark, one.name) for one in fields(benchmark) if one.name not in APART}
        items = (to_plain(item) for item in benchmark.items)
        examples = (
            {"label": label, "pieces": [asdict(piece) for piece in pieces]}
            for label, pieces in benchmark.examples.items()
        )
        for name, rows in ((ITEMS, items), (EXAMPLES, examples)):
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (part / name).write_bytes(_encoded(text))
            about["digests"][name] = _digest(_encoded(text))
        (part / ABOUT).write_bytes(_encoded(json.dumps(about, ensure_ascii=False, indent=1) + "\n"))


def open_benchmark(folder: str | Path, root: str | Path | None = None) -> Benchmark:
    """Read what `save_benchmark` wrote; it is equal to what was written.

    Args:
        folder: of the benchmark.
        root: where the data set lies now, if it has been moved.

    Raises:
        UnweaveError: there is no benchmark, it is damaged or of another version, or its data set is not there.
    """
    folder = Path(folder)
    about = _read_about(folder)
    said = Path(about.pop("root"))
    place = said if root is None else Path(root)
    if not place.is_dir():
        raise UnweaveError(f"The sounds of {folder} lay in {place}, which is not there; say where they are now.")
    digests = about.pop("digests")
    known = {one.name for one in fields(Benchmark)} - set(APART)
    if set(about) != known:
        raise UnweaveError(f"{folder} was made by another version of unweave; prepare it again in another folder.")
    items: list[Any] = [from_plain(row) for row in _rows(folder / ITEMS, digests)]
    kinds = {type(item) for item in items}
    if kinds != {Item} and kinds != {Scene}:
        raise UnweaveError(f"{folder / ITEMS} holds no items, or items and scenes; prepare it again.")
    examples = {row["label"]: [Piece(**piece) for piece in row["pieces"]] for row in _rows(folder / EXAMPLES, digests)}
    about |= {"metrics": tuple(about["metrics"]), "missing": tuple(about["missing"])}
    return Benchmark(root=place, items=items, examples=examples, **about)


def _read_about(folder: Path) -> dict[str, Any]:
    path = folder / ABOUT
    if not path.is_file():
        raise UnweaveError(f"There is no benchmark in {folder}; make one with `unweave prepare`.")
    try:
        about = json.loads(path.read_bytes().decode("utf-8", "surrogateescape"))
        schema, _, _ = about.pop("schema"), about["root"], about["digests"].keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnweaveError(f"{path} is damaged ({error}); prepare the benchmark again in another folder.") from error
    if schema != SCHEMA:
        raise UnweaveError(f"{folder} was made by another version of unweave; prepare it again in another folder.")
    return dict(about)


def _rows(path: Path, digests: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The rows of a file that is what was written."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnweaveError(f"{path} cannot be read ({error.strerror}); prepare the benchmark again.") from error
    if _digest(raw) != digests.get(path.name):
        raise UnweaveError(f"{path} is not as it was written: damaged or changed. Prepare the benchmark again.")
    return map(json.loads, raw.decode("utf-8", "surrogateescape").split("\n")[:-1])


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")  # a file's name may be no UTF-8


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()
