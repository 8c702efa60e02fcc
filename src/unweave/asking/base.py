"""What every way of asking promises: how it looks, what it takes, and what it makes of a recording."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from unweave.inference.wish import Wish
from unweave.registry import Registry


@dataclass(frozen=True)
class Look:
    """How a way of asking looks to people.

    Attributes:
        option: on the command line, "--class"; it may be repeated.
        metavar: what stands for its value in the help.
        help: a line for the help.
        argument: of `Model.separate`, "classes".
        setting: key in the settings of `tracks.json`; None for what is not told there.
        place: where it stands among the others, in the help, in `tracks.json` and among the groups of tracks.
        kind: of a value on the command line.
    """

    option: str
    metavar: str
    help: str
    argument: str
    setting: str | None
    place: int
    kind: type[str] | type[int] | type[Path] = str


class Way(Wish):
    """Contract of all ways of asking; an instance is what somebody asked in this way.

    It is told what somebody gave (`of`), then asked whether names (`check_names`) and a model (`check`) are fit for
    it, and then for every recording to get ready (`prepare`) and to make its groups of requests (`Prepared.groups`).
    A file of `unweave.asking` may not import torch when it is imported: the help of the command line would wait for it.

    Attributes:
        look: to people.
        wants: whether something is wanted by it. Where nothing is, what is separated unasked is what is wanted.
    """

    look: ClassVar[Look]
    wants: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def of(cls, given: Any) -> Way | None:
        """Check what somebody gave, one value or several; None if that is nothing.

        Args:
            given: as it came from Python or, as a list, from the command line.

        Raises:
            UnweaveError: it makes no sense, whatever the model and the recording.
        """

    @classmethod
    def unasked(cls) -> Way | None:
        """What is separated where nobody asks for anything; only one way has an answer to that."""
        return None

    @classmethod
    def means(cls, what: Any) -> bool:
        """Whether somebody who names a sound without saying how (`unweave.asking.what`) names it in this way."""
        return False

    @abstractmethod
    def plain(self) -> list[Any]:
        """What was asked, in plain data for `tracks.json`."""


ways: Registry[Way] = Registry("way of asking", "unweave.asking")


def several(given: Any) -> list[Any]:
    """One value, or several of them, or None for nothing, as a list."""
    if given is None:
        return []
    return [given] if isinstance(given, (str, bytes)) or not isinstance(given, Iterable) else list(given)
