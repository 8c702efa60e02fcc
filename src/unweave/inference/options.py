"""How somebody wants a recording to be taken apart and written, checked before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, SupportsFloat, cast

from unweave.audio.formats import FORMATS, Format, Subtype
from unweave.errors import UnweaveError
from unweave.inference.places import is_place_name
from unweave.inference.recording import WHOLE, Part
from unweave.inference.views import check_quality
from unweave.inference.wish import Asked


@dataclass(frozen=True)
class Options:
    """What is asked for, and what goes for all of it.

    Args:
        asked: what `unweave.asking.asked` made of it.
        threshold: probability in [0, 1], or None for the model's own.
        residual: whether what is left of each group is wanted too.
        max_tracks: most tracks of a group, or None.
        batch: rows that are held for the networks at once, or None for as many as suit the device.
        part: of the recording, from and to in s; None for its end.
        strength: how much of the separation is wanted, from 1, all of it, to 0, the recording as it is.
        quality: "fast", or "high", which takes 3.3 times the work.

    Raises:
        UnweaveError: one of them makes no sense.
    """

    asked: Asked = Asked()
    threshold: float | None = None
    residual: bool = True
    max_tracks: int | None = None
    batch: int | None = None
    part: Part = WHOLE
    strength: float = 1.0
    quality: str = "fast"

    def __post_init__(self) -> None:
        if self.threshold is not None:
            check_threshold(self.threshold)
        if isinstance(self.strength, bool) or not 0 <= self.strength <= 1:
            raise UnweaveError(f"The strength of a separation is a number between 0 and 1, not {self.strength}.")
        check_quality(self.quality)
        for name, number in (("max-tracks", self.max_tracks), ("batch", self.batch)):
            if number is not None and not _is_count(number):
                raise UnweaveError(f"{name} must be a whole number from 1 on, not {ascii(number)[:60]}.")


@dataclass(frozen=True)
class Output:
    """How tracks are written.

    Args:
        asked_format: one of `unweave.audio.formats.FORMATS`, or None to choose: wav for tracks; for a changed video, a
            video.
        subtype: of the samples, or None to choose by the input.
        overwrite: replace what is there.
        one_file: all tracks in one wav of many channels.
        name: of the folder; None for one like that of the recording.
        overview: draw the picture of the tracks beside them.

    Raises:
        UnweaveError: a format or a subtype of it that does not exist.
    """

    asked_format: Format | None = None
    subtype: Subtype | None = None
    overwrite: bool = False
    one_file: bool = False
    name: str | None = None
    overview: bool = True

    @classmethod
    def of(
        cls,
        format: str | None,
        subtype: str | None,
        overwrite: bool = False,
        one_file: bool = False,
        name: str | None = None,
        overview: bool = True,
    ) -> Output:
        """The same from what was typed."""
        return cls(cast("Format | None", format), cast("Subtype | None", subtype), overwrite, one_file, name, overview)

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise UnweaveError(f"Tracks cannot be written as {self.format!r}; choose from {', '.join(FORMATS)}.")
        if self.subtype is not None and self.subtype not in FORMATS[self.format].subtypes:
            choices = ", ".join(FORMATS[self.format].subtypes) or "no subtype at all"
            raise UnweaveError(f"{self.format} files cannot hold {self.subtype!r}; choose {choices}.")
        if self.one_file and self.format != "wav":
            raise UnweaveError(
                f"One file of all tracks is a wav; {self.format} cannot hold them. Leave out the format."
            )
        if self.name is not None and not is_place_name(self.name):
            raise UnweaveError(f"{ascii(self.name)[:60]} is no name of a folder; give one without slashes.")

    @property
    def format(self) -> Format:
        """Of tracks."""
        return self.asked_format or "wav"

    @property
    def exact(self) -> bool:
        """Whether files hold the samples that they are given, up to rounding."""
        return bool(FORMATS[self.format].subtypes)

    def subtype_for(self, floating: bool) -> Subtype | None:
        """The subtype to write: the one asked for; else FLOAT where input and format can be it, else the finest."""
        there = FORMATS[self.format].subtypes
        if self.subtype is not None or not there:
            return self.subtype
        return "FLOAT" if floating and "FLOAT" in there else "PCM_24"


def check_threshold(value: float) -> None:
    """Refuse what is no probability."""
    if isinstance(value, bool) or not isinstance(value, SupportsFloat) or not 0 <= float(value) <= 1:
        raise UnweaveError(f"The threshold is a probability between 0 and 1, not {ascii(value)[:60]}.")


def _is_count(number: Any) -> bool:
    try:
        return not isinstance(number, (bool, str, bytes)) and int(number) == number and number >= 1
    except (TypeError, ValueError, OverflowError):
        return False
