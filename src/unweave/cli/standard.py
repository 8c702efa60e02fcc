"""`-o -`: the one thing that is asked for goes to standard output."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from unweave.asking import all_ways
from unweave.errors import UnweaveError

STANDARD = Path("-")


def check_one(inputs: Sequence[Path], asked: Mapping[str, Any], changed: bool, json: bool) -> None:
    """Refuse, before any work, what is not one track of one recording.

    Args:
        inputs: the recordings.
        asked: by the arguments of `Model.separate`.
        changed: whether the recording itself is asked for, changed.
        json: whether standard output is taken already.

    Raises:
        UnweaveError: what it is.
    """
    if json:
        raise UnweaveError("--json and -o - would both write to standard output; choose one.")
    wanted = sum(len(asked.get(way.look.argument) or ()) for way in all_ways() if way.wants) + changed
    if len(inputs) != 1 or wanted != 1:
        raise UnweaveError(
            f"-o - writes one track of one recording, and {wanted} are asked for of {len(inputs)}; ask for one, "
            "such as --class Dog or --remove Dog."
        )
    if sys.stdout.isatty():
        raise UnweaveError(
            "-o - would write sound to this terminal; send it to a file or a program: unweave ... | play -"
        )


@contextmanager
def folder_for(out: Path) -> Iterator[Path]:
    """The folder to write to: `out` itself, or one that lasts until what is in it was sent on."""
    if out != STANDARD:
        yield out
        return
    with TemporaryDirectory(prefix="unweave-") as folder:
        yield Path(folder)


def send(files: Sequence[Path]) -> None:
    """Copy the one file to standard output.

    Raises:
        UnweaveError: there is not one.
    """
    if len(files) != 1:
        raise UnweaveError(f"-o - writes one track, and there are {len(files)}; ask for one, such as --class Dog.")
    target = getattr(sys.stdout, "buffer", sys.stdout)
    with open(files[0], "rb") as file:
        shutil.copyfileobj(file, target)
    target.flush()
