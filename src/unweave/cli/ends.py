"""Where output ends: standard streams that are closed or full, and disks without room."""

from __future__ import annotations

import os
import sys

from unweave.cli.console import mute
from unweave.errors import FULL, UnweaveError

KEPT = "Make room; what was there is as it was."


def open_standard() -> None:
    """Let streams that whoever started us has closed (`>&-`) lead nowhere.

    Otherwise the next file that is opened would get the number of one, and what is printed would be written into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))


def flush() -> None:
    """Bring out what was printed.

    Raises:
        BrokenPipeError: whoever read it has left.
        UnweaveError: it cannot be written.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        mute()
        raise UnweaveError(f"Standard output cannot be written: {error.strerror}.") from error


def disk_full(error: BaseException) -> str | None:
    """A sentence for errors that come of a disk without room, through whatever library; None for all others."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in FULL:
            if isinstance(seen.filename, (str, bytes)):
                return f"{os.fsdecode(seen.filename)} cannot be written: the disk is full. {KEPT}"
            return f"No space left on the disk, or on what was printed to. {KEPT}"
        # Libraries written in Rust tell the number of the error only in its text.
        if type(seen).__name__ == "SafetensorError" and any(f"(os error {code})" in str(seen) for code in FULL):
            return f"The weights cannot be written: the disk is full. {KEPT}"
        seen = seen.__cause__ or seen.__context__
    return None
