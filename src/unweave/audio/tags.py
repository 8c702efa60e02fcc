"""What a track says of itself in its file: which sound it is, which recording it is from, and when that was made."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from unweave.audio.times import format_time


@dataclass(frozen=True)
class Tags:
    """Of a file.

    Attributes:
        title: the sound, as "Dog".
        source: name of the recording that it is from.
        date: when that was made, ISO 8601 as "2026-01-02T03:04:05"; or "".
        start: where in the recording the file begins, in s; None if it is all of it.
        end: where it ends, in s; None for the end of the recording.
    """

    title: str = ""
    source: str = ""
    date: str = ""
    start: float | None = None
    end: float | None = None

    @classmethod
    def of(cls, title: str, path: str | os.PathLike[str], start: float | None = None, end: float | None = None) -> Tags:
        """Those of a track of a file, whose own time is taken for that of the recording."""
        try:
            made = datetime.fromtimestamp(int(Path(path).stat().st_mtime), timezone.utc)
            date = made.strftime("%Y-%m-%dT%H:%M:%S")
        except (OSError, ValueError, OverflowError):
            date = ""
        return cls(title, Path(path).name, date, start, end)

    @property
    def comment(self) -> str:
        """In a sentence: from where."""
        if not self.source:
            return ""
        if self.start is None and self.end is None:
            return f"From {self.source}"
        end = "the end" if self.end is None else format_time(self.end)
        return f"From {self.source}, {format_time(self.start or 0.0)} to {end}"

    def items(self) -> dict[str, str]:
        """As FFmpeg, Vorbis and libsndfile name them; the source is the album, so that its tracks stay together."""
        named = {"title": self.title, "album": self.source, "date": self.date, "comment": self.comment}
        return {name: clean(value) for name, value in named.items() if value}


def clean(text: str) -> str:
    """Without what no metadata holds: characters that are no text, line breaks, control characters."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else " " for c in whole).strip()
