"""The process in which work is done, seen from inside: it takes tasks from a pipe, one at a time, until that closes."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from unweave.errors import UnweaveError
from unweave.processes import helper

Tell = Callable[[float, float, str], None]
Works = dict[str, Callable[[dict[str, Any], Tell], Any]]
TELL_SECONDS = 0.2  # between two words on how far it is


class Cancelled(Exception):
    """Nobody wants it any more."""


def main(pipe: Connection, open_workshop: Callable[[], tuple[Any, Works]]) -> None:
    """Say ("ready", what the workshop says of itself), then answer each (number, work, folder, arguments).

    Answers are (number, "progress", (done, total, what)), (number, "done", result), (number, "failed", sentence) and
    (number, "cancelled", None); a number on its own, sent while its task is done, cancels it.
    """
    helper()
    try:
        about, works = open_workshop()
    except UnweaveError as error:
        pipe.send((0, "failed", str(error)))
        return
    pipe.send((0, "ready", about))
    home = os.getcwd()
    while True:
        try:
            order = pipe.recv()
        except (EOFError, OSError):
            return
        if isinstance(order, int):  # to cancel what is done by now
            continue
        number, work, folder, arguments = order
        answer: tuple[str, Any]
        try:
            os.chdir(folder)  # so that all names are short, and none tells of this machine
            answer = ("done", works[work](arguments, _teller(pipe, number)))
        except Cancelled:
            answer = ("cancelled", None)
        except UnweaveError as error:
            answer = ("failed", str(error))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            answer = ("failed", f"Something went wrong here ({type(error).__name__}); the server's log says more.")
        finally:
            os.chdir(home)
        pipe.send((number, *answer))


def _teller(pipe: Connection, number: int) -> Tell:
    told = 0.0

    def tell(done: float, total: float, what: str) -> None:
        nonlocal told
        while pipe.poll():
            if pipe.recv() == number:
                raise Cancelled
        if time.monotonic() - told >= TELL_SECONDS:
            told = time.monotonic()
            pipe.send((number, "progress", (done, total, what)))

    return tell


def only_names(folder: Path) -> list[str]:
    """The files below a folder, as names from it, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
