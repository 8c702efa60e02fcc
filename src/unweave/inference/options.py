"""How somebody wants a recording to be taken apart and written, checked before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from unweave.errors import UnweaveError
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
        strength: how much of the separation is wanted, from 1, all of it, to 0, the recording as it is.

    Raises:
        UnweaveError: one of them makes no sense.
    """

    asked: Asked = Asked()
    threshold: float | None = None
    residual: bool = True
    max_tracks: int | None = None
    batch: int | None = None
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.threshold is not None:
            check_threshold(self.threshold)
        if isinstance(self.strength, bool) or not 0 <= self.strength <= 1:
            raise UnweaveError(f"The strength of a separation is a number between 0 and 1, not {self.strength}.")
        for name, number in (("max-tracks", self.max_tracks), ("batch", self.batch)):
            if number is not None and (isinstance(number, bool) or int(number) != number or number < 1):
                raise UnweaveError(f"{name} must be a whole number from 1 on, not {number}.")


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

    @property
    def exact(self) -> bool:
        """Whether files hold the samples that they are given, up to rounding."""
        return bool(FORMATS[self.format])

    def subtype_for(self, floating: bool) -> Subtype | None:
        """The subtype to write: the one asked for; else FLOAT where input and format can be it, else the finest."""
        if self.subtype is not None or not FORMATS[self.format]:
            return self.subtype
        return "FLOAT" if floating and "FLOAT" in FORMATS[self.format] else "PCM_24"


def check_threshold(value: float) -> None:
    """Refuse what is no probability."""
    if not 0 <= value <= 1:
        raise UnweaveError(f"The threshold is a probability between 0 and 1, not {value}.")
