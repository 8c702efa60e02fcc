"""A file that appears whole or not at all: a `with` block that ends well gives it its name, any other drops it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy.typing as npt

from unweave.errors import UnweaveError

F = TypeVar("F", bound="Finished")


class Finished(ABC):
    """Contract of what writes sound into a file, block by block.

    Attributes:
        path: of the file.
        channels: C of every block.
    """

    path: Path
    channels: int

    @abstractmethod
    def write(self, block: npt.NDArray[Any]) -> None:
        """Append a block (C, n)."""

    @abstractmethod
    def close(self) -> None:
        """Finish the file and give it its name."""

    @abstractmethod
    def abort(self) -> None:
        """Drop what was written; an older file of this name stays as it was."""

    def check(self, block: npt.NDArray[Any]) -> None:
        """Refuse a block of another number of channels.

        Raises:
            UnweaveError: it is one.
        """
        if block.ndim != 2 or block.shape[0] != self.channels:
            raise UnweaveError(
                f"{self.path} has {self.channels} channels; a block of shape {block.shape} does not fit."
            )

    def __enter__(self: F) -> F:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()
