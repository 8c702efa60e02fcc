"""What there is in a video: pictures or none, and the sound of it that is to be replaced."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from unweave.audio.opened import opened
from unweave.audio.source import Source
from unweave.errors import UnweaveError


@dataclass(frozen=True)
class Sound:
    """One audio stream of a video.

    Attributes:
        number: among the audio streams, from 0.
        index: among all streams.
        codec: FFmpeg's name of it.
        sample_rate: in Hz, of what is decoded.
        channels: 1 for mono.
        layout: FFmpeg's name of the speakers.
        samples: FFmpeg's name of the kind of samples that it decodes to.
        bits: bits/s, 0 if unknown.
        start: where its first sample stands on the clock of the container, in s.
    """

    number: int
    index: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    samples: str
    bits: int
    start: Fraction


def open_video(path: Path) -> Any:
    """A file open in PyAV for reading; see `unweave.audio.opened`.

    Raises:
        UnweaveError: it cannot be read.
    """
    import av

    try:
        return opened(Source(path), metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, UnweaveError):
            raise
        raise UnweaveError(f"{path} cannot be read as a video: it is damaged, cut short or of another kind.") from error


def has_pictures(path: Path) -> bool:
    """Whether it is a video: moving pictures, and not only the cover of a record.

    Raises:
        UnweaveError: it cannot be read.
    """
    with open_video(path) as container:
        return any(not is_cover(stream) for stream in container.streams.video)


def is_cover(stream: Any) -> bool:
    """Whether a video stream is one still picture that belongs to the file as a whole."""
    import av

    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def first_packet(path: Path, index: int) -> bytes:
    """The first packet of a stream: all of a cover.

    Args:
        path: the video.
        index: among all streams.
    """
    with open_video(path) as container:
        return next((bytes(packet) for packet in container.demux(container.streams[index]) if packet.size), b"")


def look(path: Path, number: int = 0) -> Sound:
    """What an audio stream of a video is, and when it begins: its first frame is decoded.

    Args:
        path: the video.
        number: of the audio stream, from 0.

    Raises:
        UnweaveError: no sound in it, no such stream, nothing in it that can be decoded.
    """
    import av

    with open_video(path) as container:
        streams = container.streams.audio
        if not streams:
            raise UnweaveError(f"{path} has no sound, so there is nothing in it to change.")
        if not 0 <= number < len(streams):
            raise UnweaveError(
                f"{path} has {len(streams)} audio streams, so there is no number {number}; the first is number 0."
            )
        stream = streams[number]
        try:
            frame = next((frame for frame in container.decode(stream) if frame.samples), None)
        except av.error.FFmpegError:
            frame = None
        if frame is None or stream.codec_context is None:
            raise UnweaveError(f"{path} holds no sound that can be decoded in audio stream {number}.")
        start = Fraction(0)
        if frame.pts is not None:
            start = frame.pts * Fraction(frame.time_base)
        elif stream.start_time is not None:
            start = stream.start_time * Fraction(stream.time_base)
        return Sound(
            number,
            stream.index,
            stream.codec_context.codec.canonical_name,
            frame.sample_rate,
            frame.layout.nb_channels,
            frame.layout.name,
            frame.format.name,
            stream.codec_context.bit_rate or 0,
            start,
        )
