"""An output that is a folder of this machine, or of what it has mounted: see `unweave.batch.outputs.Output`."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from unweave.atomic import check_target, complete_file, complete_folder
from unweave.batch.compact import compact
from unweave.batch.items import OWN, Item
from unweave.batch.parts import Part, parts_of
from unweave.batch.rows import Row
from unweave.claims import try_lock
from unweave.errors import UnweaveError

RECEIPT = ".done.json"
TRACKS = "tracks.json"


class Folder:
    """Results are made beside their place and renamed; processes keep apart by locks.

    Args:
        path: of it.
    """

    patience = 0.0  # who is gone holds no lock

    def __init__(self, path: Path) -> None:
        self.path = path

    def check(self) -> list[str]:
        """See `Output`."""
        return []

    def part(self) -> Part:
        """See `Output`."""
        return Part(self.path)

    def receipt(self, place: str) -> Row | None:
        """See `Output`."""
        return read_receipt(self.path.joinpath(*place.split("/")))

    def has(self, place: str) -> bool:
        """See `Output`."""
        return self.path.joinpath(*place.split("/"), RECEIPT).exists()

    def making(self, item: Item, overwrite: bool) -> contextlib.AbstractContextManager[Path]:
        """See `Output`."""
        target = self.path.joinpath(*item.place.split("/"))
        receipt = self.receipt(item.place)
        if receipt is not None and receipt.name != item.name:
            raise UnweaveError(others(str(target), receipt, item))
        mark = RECEIPT if receipt is not None or not overwrite else TRACKS
        check_target(target, mark, overwrite=receipt is not None or overwrite, inputs=[Path(item.path)])
        return complete_folder(target, True, mark, _written)

    def manifest(self) -> contextlib.AbstractContextManager[Path]:
        """See `Output`."""
        return contextlib.nullcontext(self.path)

    def note(self, name: str, text: str) -> None:
        """See `Output`."""
        with complete_file(self.path / OWN / name) as file:
            file.write_text(text, encoding="utf-8")

    def compact(self, least: int = 1) -> int:
        """See `Output`."""
        return compact(self.path, least)

    def workers(self) -> int:
        """See `Output`."""
        return sum(_is_alive(part) for part in parts_of(self.path))


def read_receipt(target: Path) -> Row | None:
    """The row that lies with the results of an item; None where there are none that are whole."""
    try:
        return Row.of((target / RECEIPT).read_bytes())
    except (OSError, ValueError):
        return None


def others(target: str, receipt: Row, item: Item) -> str:
    """The sentence for a place that has results of something else."""
    return f"{target} holds the results of {receipt.path}; choose another folder for those of {item.path} with -o."


def made(receipt: Row | None) -> set[str]:
    """What a campaign wrote into a folder, by its row."""
    names = {RECEIPT, TRACKS, "events.csv", "labels.txt", "overview.png", "tags.json"}
    return names | {str(track.get("file")) for track in (receipt.tracks if receipt else [])}


def _written(folder: Path) -> set[str]:
    """Which files of a folder a campaign made: those go when it is made again, others stay."""
    return made(read_receipt(folder))


def _is_alive(part: Path) -> bool:
    """Whether a process writes to a part yet."""
    try:
        descriptor = os.open(part, os.O_RDWR)
    except OSError:
        return False
    try:
        return try_lock(descriptor) is False
    finally:
        os.close(descriptor)
