"""Findings that take hours to make, kept in a file that grows, so that what was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

from unweave.errors import UnweaveError

Key = tuple[Hashable, ...]


class Kept:
    """What was found under each key; a line `[key, value]` for each in a file.

    Args:
        path: of the file, made when there is something to keep; None keeps all in memory only.

    Raises:
        UnweaveError: the file holds something else.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = None if path is None else Path(path)
        self._found: dict[Key, Any] = {}
        self._whole = 0  # bytes of complete lines: a kill leaves half a line, which is written over
        if self.path is not None and self.path.exists():
            self._read(self.path)

    def get(self, *key: Hashable) -> Any:
        """What was found, None if nothing was."""
        return self._found.get(key)

    def put(self, found: Mapping[Key, Any]) -> None:
        """Keep these too; they are on the disk when this returns."""
        self._found |= found
        if self.path is None or not found:
            return
        lines = "".join(json.dumps([key, value]) + "\n" for key, value in found.items()).encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab") as file:
                file.truncate(self._whole)
                file.write(lines)
        except OSError as error:
            raise UnweaveError(f"{self.path} cannot be written: {error.strerror}; give another file.") from error
        self._whole += len(lines)

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_bytes().splitlines(keepends=True)
            for line in lines:
                if line.endswith(b"\n"):
                    key, value = json.loads(line)
                    self._found[tuple(key)] = value
                    self._whole += len(line)
        except (OSError, ValueError, TypeError) as error:
            raise UnweaveError(f"{path} does not hold what was kept; remove it, or give another file.") from error
