"""The two ways in: libsndfile for the lossless containers, FFmpeg for everything else, video files included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from unweave.audio.padding import without_padding
from unweave.errors import UnweaveError

Block = npt.NDArray[np.float32]

# libsndfile reports this many frames or more when a FLAC stream does not say its length; it cannot read such a file.
_UNKNOWN_FRAMES = 1 << 62
# Samples per read: fewer cost more in calls than in sound, more cost memory for nothing.
_LEAST_READ, _MOST_READ = 1 << 12, 1 << 17
_INTEGER_SCALES = {"u1": 2.0**7, "i2": 2.0**15, "i4": 2.0**31, "i8": 2.0**63}


@dataclass(frozen=True)
class AudioInfo:
    """What a file says about its sound.

    Args:
        path: the file.
        sample_rate: in Hz.
        channels: 1 for mono.
        samples: exact number of samples per channel, None where the container does not say.
        seconds: length; an estimate of the container where `samples` is None, None if it has no estimate either.
    """

    path: Path
    sample_rate: int
    channels: int
    samples: int | None
    seconds: float | None


class Decoder(Protocol):
    """A file opened once to learn about it, and decoded from its start as often as asked."""

    info: AudioInfo

    def decode(self, samples: int) -> Iterator[Block]:
        """Blocks (C, n) in float32, of about `samples` samples or of whatever size the codec has."""
        ...


class SoundFileDecoder:
    """WAV, FLAC, Ogg, AIFF, CAF, W64, AU and the others that libsndfile reads, with their exact length.

    Raises:
        LookupError: libsndfile cannot read this file; FFmpeg may.
    """

    def __init__(self, path: Path) -> None:
        import soundfile

        try:
            with soundfile.SoundFile(path) as file:
                rate, channels, frames, subtype = file.samplerate, file.channels, file.frames, file.subtype
        except (soundfile.LibsndfileError, TypeError, ValueError, RuntimeError) as error:
            raise LookupError(str(error)) from error
        if subtype == "OPUS":
            # soundfile seeks after each read, and Opus starts anew then: the samples would depend on the block size.
            raise LookupError("libsndfile does not give Opus the same way twice")
        if frames >= _UNKNOWN_FRAMES or rate < 1:
            raise LookupError("libsndfile does not know how long it is")
        if frames == 0:
            raise UnweaveError(f"{path} holds no sound: its header is fine, but there are no samples after it.")
        self.info = AudioInfo(path, rate, channels, frames, frames / rate)

    def decode(self, samples: int) -> Iterator[Block]:
        """See `Decoder.decode`; a file that breaks off ends where it breaks off."""
        import soundfile

        size = min(max(samples, _LEAST_READ), _MOST_READ)
        with soundfile.SoundFile(self.info.path) as file:
            while True:
                try:
                    block = file.read(size, dtype="float32", always_2d=True)
                except soundfile.LibsndfileError:
                    return
                if not len(block):
                    return
                yield np.ascontiguousarray(block.T)


class FFmpegDecoder:
    """An audio stream of anything that FFmpeg reads: mp3, m4a, opus, mp4, mkv, webm and more.

    Delays of the encoder are removed as FFmpeg does itself, where the file says how long they are. Rate and channel
    count are those of the first decoded frame (containers are wrong about them: HE-AAC states half its rate); a stream
    that changes them midway is converted to its beginning.

    Args:
        path: the file.
        stream: number of the audio stream, from 0; stem files hold several.

    Raises:
        UnweaveError: nothing in it that can be decoded as sound, or no such stream.
    """

    def __init__(self, path: Path, stream: int = 0) -> None:
        import av

        self._number = stream

        try:
            with self._open(path) as container:
                if not container.streams.audio:
                    raise UnweaveError(f"{path} has no sound in it: there is no audio stream. Give a file with audio.")
                if stream >= len(container.streams.audio):
                    raise UnweaveError(
                        f"{path} has {len(container.streams.audio)} audio streams, so there is no number {stream}; "
                        "the first is number 0."
                    )
                chosen = container.streams.audio[stream]
                seconds = _seconds(container, chosen)
                _, first = next(_decoded(container, chosen), (None, None))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            if isinstance(error, UnweaveError):
                raise
            raise UnweaveError(
                f"{path} cannot be read as sound: it is damaged, cut short or not an audio or video file."
            ) from error
        if first is None:
            raise UnweaveError(f"{path} holds no sound: not one sample in it can be decoded.")
        if first.sample_rate < 1:
            raise UnweaveError(f"{path} does not say its sample rate, so it cannot be read.")
        self.info = AudioInfo(path, first.sample_rate, first.layout.nb_channels, None, seconds)
        self._layout: str = first.layout.name

    def decode(self, samples: int) -> Iterator[Block]:
        """See `Decoder.decode`; packets that are damaged are passed over, as FFmpeg does."""
        import av

        with self._open(self.info.path) as container:
            convert: Any = None
            stream = container.streams.audio[self._number]
            for (_, frame), sound in without_padding(_decoded(container, stream), container, stream):
                same = frame.sample_rate == self.info.sample_rate and frame.layout.nb_channels == self.info.channels
                # PyAV reads past the end of the planes of eight channels, which ends the process.
                safe = not frame.format.is_planar or self.info.channels <= _MOST_PLANES
                if same and safe and frame.format.name.rstrip("p") in _PLAIN_FORMATS and convert is None:
                    yield _to_float(frame, self.info.channels)[:, :sound]
                    continue
                # From the first frame that differs on, all go through one converter, so that none overtakes another.
                convert = convert or av.AudioResampler("flt", self._layout, self.info.sample_rate)
                frame.pts = None
                for converted in convert.resample(frame):
                    yield _to_float(converted, self.info.channels)[:, : sound if same else None]
            for converted in convert.resample(None) if convert else ():
                yield _to_float(converted, self.info.channels)

    @staticmethod
    def _open(path: Path) -> Any:
        import av

        # The prefix keeps "a:b.mp3" from being taken for a protocol; the list keeps play lists off the network.
        return av.open(f"file:{path}", options={"protocol_whitelist": "file"}, metadata_errors="ignore")


_MOST_PLANES = 7
_PLAIN_FORMATS = {"u8", "s16", "s32", "flt", "dbl"}


def _decoded(container: Any, stream: Any) -> Iterator[tuple[Any, Any]]:
    """Packets and decoded frames of the stream; damaged packets give none."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:  # the file breaks off inside a packet: what came before it is kept
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        yield from ((packet, frame) for frame in frames if frame.samples)


def _seconds(container: Any, stream: Any) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration is not None else None


def _to_float(frame: Any, channels: int) -> Block:
    """A frame of any sample format as (C, n) float32 with full scale at 1."""
    raw = frame.to_ndarray()
    x = raw if frame.format.is_planar else raw.reshape(-1, channels).T
    code = x.dtype.str[1:]
    if code in _INTEGER_SCALES:
        scale = _INTEGER_SCALES[code]
        x = (x.astype(np.float64) - (scale if code == "u1" else 0.0)) / scale
    return np.ascontiguousarray(x, dtype=np.float32)
