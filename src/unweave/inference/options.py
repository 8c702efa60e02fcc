"""What somebody asks of a recording, checked before any work is done."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, SupportsFloat, TypeAlias, cast

from unweave.errors import UnweaveError

Asked: TypeAlias = str | Path | Sequence[str | Path]

DEEPEST = 6
Format: TypeAlias = Literal["wav", "flac", "ogg"]
Subtype: TypeAlias = Literal["PCM_16", "PCM_24", "FLOAT"]
FORMATS: dict[str, tuple[Subtype, ...]] = {
    "wav": ("PCM_16", "PCM_24", "FLOAT"),
    "flac": ("PCM_16", "PCM_24"),
    "ogg": (),
}


@dataclass(frozen=True)
class Options:
    """What is asked for.

    Attributes:
        levels: of the ontology, 1 to 6, each once.
        classes: names, mids or indexes.
        queries: example sounds, files or folders.
        threshold: probability in [0, 1], or None for the model's own.
        residual: whether what is left of each group is wanted too.
        max_tracks: most tracks of a group, or None.
        batch: rows that are held for the networks at once, or None for as many as suit the device.
    """

    levels: tuple[int, ...] = (1, 2, 3)
    classes: tuple[str | int, ...] = ()
    queries: tuple[Path, ...] = ()
    threshold: float | None = None
    residual: bool = True
    max_tracks: int | None = None
    batch: int | None = None

    @classmethod
    def of(
        cls,
        level: Any = None,
        classes: Any = None,
        query: Any = None,
        span: Any = None,
        text: Any = None,
        threshold: float | None = None,
        residual: bool = True,
        max_tracks: int | None = None,
        batch: int | None = None,
    ) -> Options:
        """Check what was given, one or several of each; nothing at all asks for levels 1, 2 and 3.

        Raises:
            UnweaveError: one of them makes no sense.
        """
        levels = tuple(dict.fromkeys(_level(one) for one in _several(level)))
        names = tuple(dict.fromkeys(_class(one) for one in _several(classes)))
        queries = tuple(_path(one) for one in _several(query))
        check_spans(span)
        if text:
            raise UnweaveError(
                "Asking by words (--text) is not there yet; ask by class, by level or with an example sound."
            )
        if threshold is not None:
            check_threshold(threshold)
        for name, number in (("max-tracks", max_tracks), ("batch", batch)):
            if number is not None and not _is_count(number):
                raise UnweaveError(f"{name} must be a whole number from 1 on, not {ascii(number)[:60]}.")
        if not (levels or names or queries):
            levels = cls.levels
        return cls(levels, names, queries, threshold, residual, max_tracks, batch)


@dataclass(frozen=True)
class Output:
    """How tracks are written.

    Args:
        format: "wav", "flac" or "ogg".
        subtype: of the samples, or None to choose by the input.
        overwrite: replace a folder that is there.

    Raises:
        UnweaveError: a format or a subtype of it that does not exist.
    """

    format: Format = "wav"
    subtype: Subtype | None = None
    overwrite: bool = False

    @classmethod
    def of(cls, format: str, subtype: str | None, overwrite: bool = False) -> Output:
        """The same from what was typed."""
        return cls(cast(Format, format), cast("Subtype | None", subtype), overwrite)

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise UnweaveError(f"Tracks cannot be written as {self.format!r}; choose from {', '.join(FORMATS)}.")
        if self.subtype is not None and self.subtype not in FORMATS[self.format]:
            choices = ", ".join(FORMATS[self.format]) or "no subtype at all"
            raise UnweaveError(f"{self.format} files cannot hold {self.subtype!r}; choose {choices}.")

    def subtype_for(self, floating: bool) -> Subtype | None:
        """The subtype to write: the one asked for; else FLOAT where input and format can be it, else the finest."""
        if self.subtype is not None or not FORMATS[self.format]:
            return self.subtype
        return "FLOAT" if floating and "FLOAT" in FORMATS[self.format] else "PCM_24"


def check_threshold(value: float) -> None:
    """Refuse what is no probability."""
    if isinstance(value, bool) or not isinstance(value, SupportsFloat) or not 0 <= float(value) <= 1:
        raise UnweaveError(f"The threshold is a probability between 0 and 1, not {ascii(value)[:60]}.")


def check_spans(span: Any) -> None:
    """Refuse stretches of time: bad ones by their fault, good ones because nothing answers them yet."""
    if span is None or (isinstance(span, Sequence) and len(span) == 0):
        return
    if not isinstance(span, Sequence):
        raise UnweaveError(f"{ascii(span)[:60]} is no stretch of time; write START-END in seconds, such as 1.5-2.5.")
    spans: Iterable[Any] = [span] if isinstance(span, str) or isinstance(span[0], (int, float)) else span
    for one in spans:
        parse_span(one)
    raise UnweaveError("Asking by a stretch of time (--span) is not there yet; cut it out and give it with --query.")


def parse_span(span: Any) -> tuple[float, float]:
    """Start and end in s from "1.5-2.5" or (1.5, 2.5).

    Raises:
        UnweaveError: not two times, or the end is not after the start.
    """
    try:
        start, end = (float(part) for part in (span.split("-") if isinstance(span, str) else span))
    except (TypeError, ValueError, OverflowError):
        raise UnweaveError(
            f"{ascii(span)[:60]} is no stretch of time; write START-END in seconds, such as 1.5-2.5."
        ) from None
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start < end):
        raise UnweaveError(
            f"The stretch of time {ascii(span)[:60]} must end after it starts; write START-END in seconds."
        )
    return start, end


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return [value] if isinstance(value, (str, bytes)) or not isinstance(value, Iterable) else list(value)


def _is_count(number: Any) -> bool:
    try:
        return not isinstance(number, (bool, str, bytes)) and int(number) == number and number >= 1
    except (TypeError, ValueError, OverflowError):
        return False


def _level(level: Any) -> int:
    if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= DEEPEST:
        raise UnweaveError(
            f"There is no level {ascii(level)[:60]}; levels of the ontology go from 1 (coarse) to {DEEPEST} (fine)."
        )
    return level


def _class(name: Any) -> str | int:
    if isinstance(name, bool) or not isinstance(name, (str, int)) or name == "":
        raise UnweaveError(f"{ascii(name)[:60]} is no class; give its name, its mid or its index.")
    return name


def _path(path: Any) -> Path:
    if not isinstance(path, (str, Path)):
        raise UnweaveError(f"An example sound is a file or a folder of files, not {type(path).__name__}.")
    try:
        there = Path(path).exists()
    except (OSError, ValueError):  # longer than any path, or with a letter that none has
        there = False
    if not there:
        raise UnweaveError(f"The example {str(path)[:200]!r} does not exist.")
    return Path(path)
