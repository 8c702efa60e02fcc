"""Which clips a store has already: of millions there is a mark each, since their paths would fill a gigabyte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

MARK = 16  # bytes: so many that no two clips of any store have the same


class Known:
    """A set of clips, each by its data set and the path of its file.

    Args:
        clips: (data set, path) of each.
    """

    def __init__(self, clips: Iterable[tuple[str, str]]) -> None:
        self._marks = {_mark(clip) for clip in clips}

    def __contains__(self, clip: tuple[str, str]) -> bool:
        return _mark(clip) in self._marks

    def __len__(self) -> int:
        return len(self._marks)


def _mark(clip: tuple[str, str]) -> bytes:
    return hashlib.blake2b("\0".join(clip).encode("utf-8", "surrogateescape"), digest_size=MARK).digest()
