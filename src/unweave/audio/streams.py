"""Which of several audio streams of a file is meant, and when it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unweave.errors import UnweaveError

# FFmpeg's AV_DISPOSITION bits.
_DEFAULT, _COMMENT, _LYRICS, _KARAOKE, _HEARING, _VISUAL, _PICTURE = 1, 8, 16, 32, 128, 256, 1024
_BESIDE = _COMMENT | _LYRICS | _KARAOKE | _HEARING | _VISUAL

# Containers whose packets have times of their own; elsewhere FFmpeg counts them from the packets' lengths.
_TIMED = {"matroska", "mov", "mpegts", "mpeg", "ogg", "flv", "asf", "nut", "mxf", "wtv", "gxf", "live_flv"}


def choose(container: Any, wanted: int | None, path: Path) -> int:
    """The number of the audio stream to read.

    Args:
        container: of PyAV.
        wanted: a number from 0; None for the one that the file marks as its default, never a commentary or a
            description where there is something else.
        path: for sentences.

    Raises:
        UnweaveError: there is no sound, or no such stream.
    """
    streams = container.streams.audio
    if not streams:
        raise UnweaveError(f"{path} has no sound in it: there is no audio stream. Give a file with audio.")
    if wanted is None:
        # max gives the first of equals
        wanted = max(range(len(streams)), key=lambda number: _rank(streams[number]))
    if not 0 <= wanted < len(streams):
        raise UnweaveError(
            f"{path} has {len(streams)} audio {'stream' if len(streams) == 1 else 'streams'}, so there is no number "
            f"{wanted}; the first is number 0."
        )
    if streams[wanted].codec_context is None:
        raise UnweaveError(f"{path} holds sound in a format that cannot be decoded. Convert it to wav or flac.")
    return wanted


def describe(container: Any, number: int) -> str:
    """A stream in words: its number, language and title, as far as it has them."""
    stream = container.streams.audio[number]
    said = [stream.metadata.get(key, "") for key in ("language", "title")]
    said = [" ".join(word.split())[:60] for word in said if word and word != "und"]
    if _disposition(stream) & _DEFAULT:
        said.append("its default")
    return f"number {number}" + (f" ({', '.join(said)})" if said else "")


def keeps_time(container: Any) -> bool:
    """Whether the container says when each packet sounds."""
    return not _TIMED.isdisjoint(container.format.name.split(","))


def start_beside_others(container: Any, number: int) -> float | None:
    """When the earliest of the other streams begins, in s; None without others. Before it the recording is silent."""
    own = container.streams.audio[number]
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in container.streams
        if stream.index != own.index
        and stream.type in ("audio", "video")
        and stream.start_time is not None
        and stream.time_base is not None
        and not _disposition(stream) & _PICTURE
    ]
    return min(starts) if starts else None


def _rank(stream: Any) -> tuple[bool, bool, bool]:
    disposition = _disposition(stream)
    return stream.codec_context is not None, not disposition & _BESIDE, bool(disposition & _DEFAULT)


def _disposition(stream: Any) -> int:
    return int(getattr(stream, "disposition", 0) or 0)
