"""How somebody wants a recording to be taken apart and written, checked before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, SupportsFloat, TypeAlias, cast

from unweave.errors import UnweaveError
from unweave.inference.places import is_place_name
from unweave.inference.wish import Asked

Format: TypeAlias = Literal["wav", "flac", "ogg"]
Subtype: TypeAlias = Literal["PCM_16", "PCM_24", "FLOAT"]
FORMATS: dict[str, tuple[Subtype, ...]] = {
    "wav": ("PCM_16", "PCM_24", "FLOAT"),
    "flac": ("PCM_16", "PCM_24"),
    "ogg": (),
}


@dataclass(frozen=True)
class Options:
    """What is asked for, and what goes for all of it.

    Args:
        asked: what `unweave.asking.asked` made of it.
        threshold: probability in [0, 1], or None for the model's own.
        residual: whether what is left of each group is wanted too.
        max_tracks: most tracks of a group, or None.
        batch: rows that are held for the networks at once, or None for as many as suit the device.

    Raises:
        UnweaveError: one of them makes no sense.
    """

    asked: Asked = Asked()
    threshold: float | None = None
    residual: bool = True
    max_tracks: int | None = None
    batch: int | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None:
            check_threshold(self.threshold)
        for name, number in (("max-tracks", self.max_tracks), ("batch", self.batch)):
            if number is not None and not _is_count(number):
                raise UnweaveError(f"{name} must be a whole number from 1 on, not {ascii(number)[:60]}.")


@dataclass(frozen=True)
class Output:
    """How tracks are written.

    Args:
        format: "wav", "flac" or "ogg".
        subtype: of the samples, or None to choose by the input.
        overwrite: replace a folder that is there.
        name: of the folder; None for one like that of the recording.

    Raises:
        UnweaveError: a format or a subtype of it that does not exist.
    """

    format: Format = "wav"
    subtype: Subtype | None = None
    overwrite: bool = False
    name: str | None = None

    @classmethod
    def of(cls, format: str, subtype: str | None, overwrite: bool = False, name: str | None = None) -> Output:
        """The same from what was typed."""
        return cls(cast(Format, format), cast("Subtype | None", subtype), overwrite, name)

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise UnweaveError(f"Tracks cannot be written as {self.format!r}; choose from {', '.join(FORMATS)}.")
        if self.subtype is not None and self.subtype not in FORMATS[self.format]:
            choices = ", ".join(FORMATS[self.format]) or "no subtype at all"
            raise UnweaveError(f"{self.format} files cannot hold {self.subtype!r}; choose {choices}.")
        if self.name is not None and not is_place_name(self.name):
            raise UnweaveError(f"{ascii(self.name)[:60]} is no name of a folder; give one without slashes.")

    def subtype_for(self, floating: bool) -> Subtype | None:
        """The subtype to write: the one asked for; else FLOAT where input and format can be it, else the finest."""
        if self.subtype is not None or not FORMATS[self.format]:
            return self.subtype
        return "FLOAT" if floating and "FLOAT" in FORMATS[self.format] else "PCM_24"


def check_threshold(value: float) -> None:
    """Refuse what is no probability."""
    if isinstance(value, bool) or not isinstance(value, SupportsFloat) or not 0 <= float(value) <= 1:
        raise UnweaveError(f"The threshold is a probability between 0 and 1, not {ascii(value)[:60]}.")


def _is_count(number: Any) -> bool:
    try:
        return not isinstance(number, (bool, str, bytes)) and int(number) == number and number >= 1
    except (TypeError, ValueError, OverflowError):
        return False
