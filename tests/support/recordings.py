"""Recordings as they come from cameras, receivers and recorders, made with PyAV: several streams, holes, changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

LAYOUTS = {1: "mono", 2: "stereo", 4: "quad", 6: "5.1", 8: "7.1"}


def tones(seconds: float, rate: int, channels: int = 1, first: float = 440.0) -> np.ndarray:
    """A tone of its own in each channel, (C, T); the fourth of six and of eight is a bass, as the LFE is."""
    time = np.arange(round(seconds * rate)) / rate
    pitches = [first * (channel + 1) for channel in range(channels)]
    if channels in (6, 8):
        pitches[3] = 60.0
    return np.stack([0.3 * np.sin(2 * np.pi * pitch * time) for pitch in pitches]).astype(np.float32)


def pitches(x: np.ndarray, rate: int) -> list[float]:
    """The loudest frequency of each channel, in Hz."""
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.shape[1])))
    return [float(peak) * rate / x.shape[1] for peak in spectrum.argmax(axis=1)]


@dataclass
class Sound:
    """One audio stream.

    Args:
        samples: (C, T).
        rate: in Hz.
        codec: of FFmpeg.
        starts: in s.
        stamp: from a sample's number to the one that the file says.
        disposition: of FFmpeg.
        tags: language, title.
    """

    samples: np.ndarray
    rate: int
    codec: str
    starts: float = 0.0
    stamp: Callable[[int], int] = lambda n: n
    disposition: str = ""
    tags: dict[str, str] = field(default_factory=dict)


def mux(path: Path, *sounds: Sound, picture: float = 0.0, format: str | None = None) -> Path:
    """A file of audio streams, beside a picture of so many seconds."""
    with av.open(str(path), "w", format=format) as container:
        packets = []
        if picture:
            video = container.add_stream("mpeg4", rate=10)
            video.width = video.height = 32
            video.pix_fmt = "yuv420p"
        streams = [container.add_stream(s.codec, rate=s.rate, layout=LAYOUTS[len(s.samples)]) for s in sounds]
        for sound, stream in zip(sounds, streams, strict=True):
            stream.metadata.update(sound.tags)
            if sound.disposition:
                stream.disposition = av.stream.Disposition[sound.disposition]
        if picture:
            image = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
            for number in range(round(picture * 10)):
                image.pts, image.time_base = number, Fraction(1, 10)
                packets += video.encode(image)
            packets += video.encode(None)
        for sound, stream in zip(sounds, streams, strict=True):
            packets += _encoded(sound, stream)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def _encoded(sound: Sound, stream: av.AudioStream) -> list[av.Packet]:
    layout = LAYOUTS[len(sound.samples)]
    whole = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.samples.T).reshape(1, -1), "flt", layout)
    whole.rate = sound.rate
    pieces = av.AudioResampler(stream.format.name, layout, sound.rate, frame_size=stream.frame_size or 1024)
    packets, place = [], 0
    for piece in pieces.resample(whole) + pieces.resample(None):
        piece.pts = sound.stamp(place) + round(sound.starts * sound.rate)
        piece.time_base = Fraction(1, sound.rate)
        place += piece.samples
        packets += stream.encode(piece)
    packets += stream.encode(None)
    for packet in packets:
        packet.stream = stream
    return packets


def joined(path: Path, *parts: Path) -> Path:
    """The bytes of all parts, one after the other."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def remuxed(path: Path, source: Path, later: Callable[[float], float] = lambda time: 0.0) -> Path:
    """The packets of a file's sound in another container, each so many seconds later."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        stream = old.streams.audio[0]
        copy = new.add_stream_from_template(stream)
        for packet in old.demux(stream):
            if packet.dts is not None:
                shift = round(later(float(packet.pts * packet.time_base)) / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = copy
                new.mux(packet)
    return path
