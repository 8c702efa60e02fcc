"""One sound on its way through an encoder of FFmpeg: blocks of samples in, packets with exact times out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

Block = npt.NDArray[np.float32]

# Samples in a packet of a codec that has no size of its own.
_FREE_SIZE = 1024
# bits/s for each channel, for the codecs that lose something: never heard beside the original, as far as they can.
_BIT_RATES = {
    "libmp3lame": 128_000,
    "aac": 96_000,
    "libopus": 80_000,
    "libvorbis": 96_000,
    "mp2": 128_000,
    "ac3": 96_000,
    "eac3": 96_000,
    "wmav2": 96_000,
    "wmav1": 96_000,
}
# Encoders take any rate for these; the others know only the steps of their tables, so nothing is asked of them but
# what the input had.
_ANY_BIT_RATE = {"aac", "libopus", "libmp3lame"}
_MOST_PER_CHANNEL = {"libopus": 256_000, "aac": 256_000, "libmp3lame": 160_000}
# Speaker names of a number of channels, as FFmpeg calls them; the first is what an unnamed order is taken for.
_LAYOUTS = {
    1: ("mono",),
    2: ("stereo", "downmix"),
    3: ("3.0", "2.1", "3.0(back)"),
    4: ("4.0", "quad", "quad(side)", "3.1"),
    5: ("5.0", "5.0(side)", "4.1"),
    6: ("5.1", "5.1(side)", "6.0", "hexagonal"),
    7: ("6.1", "6.1(back)", "7.0"),
    8: ("7.1", "7.1(wide)", "octagonal"),
}
_NAMED = {name for names in _LAYOUTS.values() for name in names}
# The same loudspeakers under two names: the samples may pass from one to the other as they are.
_TWINS = {"5.1": "5.1(side)", "5.0": "5.0(side)", "quad": "quad(side)"}
_TWINS |= {b: a for a, b in _TWINS.items()}


def bit_rate(codec: str, sample_rate: int, channels: int, at_least: int = 0) -> int | None:
    """bits/s to ask of an encoder.

    Args:
        codec: FFmpeg's name of the encoder.
        sample_rate: in Hz; below 32 kHz less is asked for, as there is less to say.
        channels: 1 or more.
        at_least: bits/s of the sound that is replaced, 0 if unknown.

    Returns:
        None for a codec without loss, and where the encoder knows best.
    """
    each = _BIT_RATES.get(codec)
    if each is None:
        return None
    if codec not in _ANY_BIT_RATE:
        return at_least or None
    wanted = round(each * channels * min(sample_rate, 48000) / 48000) if sample_rate < 32000 else each * channels
    return min(max(wanted, at_least), _MOST_PER_CHANNEL[codec] * channels)


def usable_layout(codec: str, sample_rate: int, channels: int, layout: str | None = None) -> str | None:
    """The name of the speakers under which an encoder takes a sound, None if it takes it under none.

    Args:
        codec: FFmpeg's name of the encoder.
        sample_rate: in Hz.
        channels: 1 or more.
        layout: what the sound's own file says of its speakers; another name is taken only for the same speakers.
    """
    if layout is None or layout not in _NAMED:
        names: tuple[str, ...] = _LAYOUTS.get(channels, (f"{channels} channels",))
    elif layout == "downmix":
        names = ("stereo",)
    else:
        names = (layout, *([_TWINS[layout]] if layout in _TWINS else []))
        if codec == "aac":  # of the twins, it has a number for those at the back, which every player knows
            names = tuple(sorted(names, key=lambda name: "(side)" in name))
    return next((name for name in names if _opens(codec, sample_rate, name)), None)


def sample_format(codec: str, like: str | None = None) -> str:
    """FFmpeg's name of the samples that an encoder is given: as fine as it takes, or those of `like` if it takes them.

    Args:
        codec: FFmpeg's name of the encoder.
        like: the samples that the sound's own file decodes to.
    """
    import av

    offered = [f.name for f in av.Codec(codec, "w").audio_formats or []]
    if like in offered:
        return str(like)
    finest = ["fltp", "flt", "s32p", "s32", "dblp", "dbl", "s16p", "s16", "u8p", "u8"]
    return next((name for name in finest if name in offered), offered[0] if offered else "fltp")


class Encoder:
    """Blocks of any size in, packets out, the first sample at a given time.

    Args:
        stream: of an output container, made by `add_sound`.
        start: place of the first sample, in samples.
    """

    def __init__(self, stream: Any, start: int = 0) -> None:
        import av

        context = stream.codec_context
        self._stream, self._pts = stream, start
        self._rate, self._layout = int(context.sample_rate), str(context.layout.name)
        self._convert = av.AudioResampler(context.format.name, self._layout, self._rate)
        self._held: list[Block] = []
        self._count = 0

    @property
    def time(self) -> Fraction:
        """Where the next sample stands, in s."""
        return Fraction(self._pts + self._count, self._rate)

    def push(self, block: Block) -> list[Any]:
        """Take a block and give the packets that are done.

        Shape:
            block (C, n), float32
        """
        self._held.append(block)
        self._count += block.shape[1]
        size = self._stream.codec_context.frame_size or _FREE_SIZE
        if self._count < size:
            return []
        joined = np.concatenate(self._held, axis=1)
        whole = joined.shape[1] // size * size
        packets = [p for start in range(0, whole, size) for p in self._encode(joined[:, start : start + size])]
        rest = joined[:, whole:].copy()
        self._held, self._count = [rest], rest.shape[1]
        return packets

    def finish(self) -> list[Any]:
        """The last packets."""
        packets = []
        if self._count:
            packets = self._encode(np.concatenate(self._held, axis=1))
            self._held, self._count = [], 0
        return [*packets, *self._stream.encode(None)]

    def _encode(self, samples: Block) -> list[Any]:
        import av

        # In one plane: PyAV has room for the planes of seven channels only.
        packed = np.ascontiguousarray(samples.T, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, "flt", self._layout)
        frame.rate, frame.pts = self._rate, None
        packets = []
        for converted in self._convert.resample(frame):
            converted.pts, converted.time_base = self._pts, Fraction(1, self._rate)
            self._pts += converted.samples
            packets += self._stream.encode(converted)
        return packets


def add_sound(
    container: Any, codec: str, sample_rate: int, layout: str, bits: int | None = None, like: str | None = None
) -> Any:
    """A stream of sound in an output container.

    Args:
        container: of PyAV, open for writing.
        codec: FFmpeg's name of the encoder.
        sample_rate: in Hz.
        layout: from `usable_layout`.
        bits: bits/s, from `bit_rate`.
        like: see `sample_format`.

    Raises:
        ValueError: the container does not hold this codec.
    """
    stream = container.add_stream(codec, rate=sample_rate, layout=layout)
    stream.format = sample_format(codec, like)
    stream.time_base = stream.codec_context.time_base = Fraction(1, sample_rate)
    if bits is not None:
        stream.bit_rate = bits
    return stream


def priming(codec: str, sample_rate: int, layout: str, bits: int | None = None) -> tuple[int, int]:
    """How long an encoder waits: samples that come out before the first one that went in, and samples of a packet.

    Args:
        codec: FFmpeg's name of the encoder.
        sample_rate: in Hz.
        layout: from `usable_layout`.
        bits: bits/s, from `bit_rate`.
    """
    import av

    trial = _opened(codec, sample_rate, layout, bits)
    size = int(trial.frame_size or 0)
    if not size:
        return 0, 1
    frame = av.AudioFrame(trial.format.name, layout, size)
    frame.sample_rate, frame.pts, frame.time_base = sample_rate, 0, Fraction(1, sample_rate)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    first = next(iter([*trial.encode(frame), *trial.encode(None)]))
    return -int(first.pts), size


def _opens(codec: str, sample_rate: int, layout: str) -> bool:
    import av

    try:
        # FFmpeg gives libopus the channels of these two in a wrong order.
        if codec == "libopus" and av.AudioLayout(layout).nb_channels in (5, 7):
            return False
        _opened(codec, sample_rate, layout, None)
    except (av.error.FFmpegError, ValueError):
        return False
    return True


def _opened(codec: str, sample_rate: int, layout: str, bits: int | None) -> Any:
    """An encoder by itself, to ask it."""
    import av

    trial: Any = av.CodecContext.create(codec, "w")
    trial.sample_rate, trial.layout, trial.time_base = sample_rate, layout, Fraction(1, sample_rate)
    trial.format = sample_format(codec)
    if bits is not None:
        trial.bit_rate = bits
    trial.open()
    return trial
