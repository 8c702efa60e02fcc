"""The formats that tracks are written in, and what each of them can hold."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from unweave.errors import UnweaveError

Format = Literal["wav", "flac", "ogg", "mp3", "m4a", "opus"]
Subtype = Literal["PCM_16", "PCM_24", "FLOAT"]


@dataclass(frozen=True)
class FileFormat:
    """One of them.

    Attributes:
        subtypes: how samples may be stored, the default first; none where a codec decides.
        channels: most of them.
        highest_rate: in Hz; past it libsndfile fails when it is already writing, and Vorbis ends the process.
        rates: the only rates, in Hz, where there are but a few.
        counts: the only numbers of channels, where not every one up to `channels` will do.
        encoder: FFmpeg's name of the codec; "" where FFmpeg is not needed.
        muxer: FFmpeg's name of the container.
        instead: what to write where this cannot hold a recording.
    """

    subtypes: tuple[Subtype, ...] = ()
    channels: int = 255
    highest_rate: int = 0xFFFFFFFF
    rates: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    encoder: str = ""
    muxer: str = ""
    instead: str = "wav"


# Above it libFLAC takes whole tens alone (the streamable subset).
_ANY_FLAC_RATE = 65535
# libvorbis takes six channels for 5.1 and leaves of the last one, the LFE, the bass alone.
_SURROUND = 6
_MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
FORMATS: dict[str, FileFormat] = {
    "wav": FileFormat(("FLOAT", "PCM_16", "PCM_24"), 65535 // 4),
    "flac": FileFormat(("PCM_24", "PCM_16"), 8, 655350),
    "ogg": FileFormat((), 255, 200000),
    "mp3": FileFormat((), 2, 48000, _MPEG_RATES, (), "libmp3lame", "mp3", "ogg or wav"),
    "m4a": FileFormat((), 8, 96000, (7350, *_MPEG_RATES, 64000, 88200, 96000), (), "aac", "ipod", "ogg or wav"),
    # It is always decoded at 48 kHz, whatever went in: at any other rate another length would come out.
    # Of 5 and of 7 channels, FFmpeg's encoder puts some into the places of others.
    "opus": FileFormat((), 8, 48000, (48000,), (1, 2, 3, 4, 6, 8), "libopus", "opus", "ogg or m4a"),
}


def check(
    format: str,
    sample_rate: int,
    channels: int,
    path: str | os.PathLike[str] = "The recording",
    subtype: str | None = None,
    layout: str | None = None,
) -> Subtype | None:
    """Refuse, before any work, what a format cannot hold.

    Args:
        format: one of `FORMATS`.
        sample_rate: in Hz.
        channels: of the recording.
        path: what the sentence speaks of.
        subtype: of the samples, None for the format's default.
        layout: what the channels are ("5.1"), None if that is not known.

    Returns:
        The subtype to write; None where the format has none.

    Raises:
        UnweaveError: no such format or subtype, or a rate or a number of channels that it cannot hold.
    """
    if format not in FORMATS:
        raise UnweaveError(f"There is no output format {format!r}; choose {_listed(tuple(FORMATS))}.")
    kind = FORMATS[format]
    if subtype is not None and not kind.subtypes:
        raise UnweaveError(f"{format} has no subtype {subtype}: its codec has no bits to choose; leave it out.")
    if subtype is not None and subtype not in kind.subtypes:
        reason = "FLAC holds whole numbers only; choose PCM_24, or write wav." if subtype == "FLOAT" else ""
        choices = ", ".join(kind.subtypes)
        raise UnweaveError(f"The format {format} has no subtype {subtype}; it has {choices}. {reason}".rstrip())
    if kind.rates and sample_rate not in kind.rates:
        few = f"{_listed(kind.rates)} Hz" if len(kind.rates) > 1 else f"{kind.rates[0]} Hz only"
        raise UnweaveError(
            f"The format {format} has the rates {few}; {path} would need {sample_rate} Hz. Write {kind.instead}."
        )
    if not 1 <= sample_rate <= kind.highest_rate:
        raise UnweaveError(
            f"A {format} file has a rate of 1 to {kind.highest_rate} Hz; {path} would need {sample_rate} Hz."
        )
    if format == "flac" and sample_rate > _ANY_FLAC_RATE and sample_rate % 10:
        raise UnweaveError(
            f"Past {_ANY_FLAC_RATE} Hz a flac file has a rate in tens; {path} would need {sample_rate} Hz. Write wav."
        )
    if not 1 <= channels <= kind.channels or (kind.counts and channels not in kind.counts):
        holds = _listed(kind.counts) if kind.counts else f"1 to {kind.channels}"
        raise UnweaveError(f"A {format} file holds {holds} channels; {path} would need {channels}. Write wav.")
    if format == "ogg" and channels == _SURROUND and layout is not None and not layout.startswith("5.1"):
        raise UnweaveError(
            f"An ogg file of six channels keeps only the bass of one of them, and {path} has none for that. Write wav "
            "or flac."
        )
    return subtype if subtype is not None else (kind.subtypes[0] if kind.subtypes else None)


def _listed(items: tuple[object, ...]) -> str:
    *first, last = map(str, items)
    return f"{', '.join(first)} or {last}" if first else last
