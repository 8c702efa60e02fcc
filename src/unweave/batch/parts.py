"""Parts of the manifest: each process appends to one of its own, so that no two ever write to one file.

A row counts once its line is whole; what a killed process had begun to write is passed over.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from unweave.batch.items import OWN
from unweave.batch.rows import Row
from unweave.claims import try_lock
from unweave.errors import UnweaveError

PARTS, TABLE = "parts", "manifest.parquet"
ENDING = ".jsonl"


class Part:
    """The part that this process writes; a context manager. Its file is locked for as long as the process lives.

    Args:
        out: the output.
    """

    def __init__(self, out: Path) -> None:
        folder = out / OWN / PARTS
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.path, self._file = _own(folder)
        except OSError as error:
            raise UnweaveError(f"{folder} cannot be written: {error.strerror or error}; choose another -o.") from error
        self._torn = False
        self._lock = threading.Lock()

    def add(self, row: Row) -> Row:
        """Append a row.

        Raises:
            UnweaveError: it cannot be written, as on a full disk.
        """
        with self._lock:
            line = (b"\n" if self._torn else b"") + row.line()
            self._torn = True
            try:
                while line:
                    line = line[os.write(self._file, line) :]
            except OSError as error:
                raise UnweaveError(f"The manifest {self.path} cannot be written: {error.strerror or error}.") from error
            self._torn = False
        return row

    def __enter__(self) -> Part:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            if not os.fstat(self._file).st_size:
                self.path.unlink()
        os.close(self._file)


def parts_of(out: Path) -> list[Path]:
    """The parts that are there, the oldest first."""
    return sorted((out / OWN / PARTS).glob(f"*{ENDING}"))


def read_part(path: Path) -> Iterator[Row]:
    """The whole rows of a part."""
    with open(path, "rb") as file:
        for line in file:
            if line.endswith(b"\n") and (row := Row.of(line)) is not None:
                yield row


def _own(folder: Path) -> tuple[Path, int]:
    """A new file that is locked and there; whoever puts parts together may have taken it for that of a dead process."""
    while True:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        host = "".join(c if c.isalnum() else "-" for c in socket.gethostname())[:40]
        path = folder / f"{stamp}-{host}-{os.getpid()}-{secrets.token_hex(4)}{ENDING}"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        if try_lock(file) is not False and path.exists():
            return path, file
        os.close(file)
