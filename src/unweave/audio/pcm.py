"""Samples as bytes in a stream without end: raw, or behind the header of a WAV file whose size nobody knows."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError

Samples = NDArray[np.float32]
FORMATS = ("s16le", "s24le", "s32le", "f32le")
_BYTES = {"s16le": 2, "s24le": 3, "s32le": 4, "f32le": 4}
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_WAV = {(_PCM, 16): "s16le", (_PCM, 24): "s24le", (_PCM, 32): "s32le", (_FLOAT, 32): "f32le"}
MOST_HEADER = 1 << 20  # bytes before the samples
ENDLESS = 0xFFFFFFFF
# Sizes that mean that nobody knows: FFmpeg writes all ones, SoX and arecord a little less than 2 GiB.
NO_SIZES = (range(1), range(0x7FFFF000, 0x80000001), range(0xFFFFF000, ENDLESS + 1))
RIFF = (b"RIFF", b"RF64", b"RIFX")


@dataclass(frozen=True)
class PcmFormat:
    """What bytes mean.

    Attributes:
        sample_rate: in Hz.
        channels: C; frames of C samples follow each other.
        samples: one of `FORMATS`.
        wav: whether a header of WAV comes first.
        size: bytes of samples that the header speaks of; None for all that come.
    """

    sample_rate: int
    channels: int
    samples: str
    wav: bool = False
    size: int | None = None

    @property
    def frame(self) -> int:
        """Bytes of a frame."""
        return self.channels * _BYTES[self.samples]

    def decode(self, data: bytes) -> Samples:
        """Whole frames to samples, (C, n), full scale 1.0."""
        if self.samples == "f32le":
            flat = np.frombuffer(data, "<f4").astype(np.float32)
        elif self.samples == "s16le":
            flat = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(1 << 15)
        elif self.samples == "s32le":
            flat = (np.frombuffer(data, "<i4") / float(1 << 31)).astype(np.float32)
        else:
            triples = np.frombuffer(data, np.uint8).reshape(-1, 3)
            words = np.zeros((len(triples), 4), np.uint8)
            words[:, 1:] = triples
            flat = (words.view("<i4")[:, 0] / float(1 << 31)).astype(np.float32)
        return np.ascontiguousarray(flat.reshape(-1, self.channels).T)

    def encode(self, samples: Samples) -> bytes:
        """Samples (C, n) to frames; what passes full scale is clipped, where whole numbers cannot hold it."""
        flat = np.ascontiguousarray(samples.T).reshape(-1)
        if self.samples == "f32le":
            return flat.astype("<f4").tobytes()
        full = 1 << (8 * _BYTES[self.samples] - 1)
        whole = np.clip(np.rint(flat.astype(np.float64) * full), -full, full - 1).astype("<i4")
        if self.samples == "s16le":
            return whole.astype("<i2").tobytes()
        return whole.tobytes() if self.samples == "s32le" else whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()

    def header(self) -> bytes:
        """Of a WAV stream that goes on for ever, as FFmpeg and SoX write and read it; nothing for raw samples."""
        if not self.wav:
            return b""
        tag = _FLOAT if self.samples == "f32le" else _PCM
        bits = 8 * _BYTES[self.samples]
        per_second = min(self.sample_rate * self.frame, ENDLESS)
        body = struct.pack("<HHIIHH", tag, self.channels, self.sample_rate, per_second, self.frame, bits)
        return (
            b"RIFF" + struct.pack("<I", ENDLESS) + b"WAVE"
            b"fmt " + struct.pack("<I", len(body)) + body + b"data" + struct.pack("<I", ENDLESS)
        )  # fmt: skip


def read_header(first: bytes, read: Callable[[int], bytes]) -> PcmFormat:
    """The header of a WAV stream, up to its first sample.

    Args:
        first: its first four bytes, which are one of `RIFF`.
        read: gives the next so many bytes; fewer at the end.

    Raises:
        UnweaveError: no WAV stream, or samples of a kind that is not read here.
    """

    def exactly(count: int) -> bytes:
        data = read(count)
        if len(data) < count:
            raise UnweaveError("The WAV stream ends inside its header.")
        return data

    if first == b"RIFX" or exactly(8)[4:] != b"WAVE":
        raise UnweaveError("What comes in is no WAV stream of little endian; send one, or raw samples with --rate.")
    found: tuple[int, int, str] | None = None
    seen = 12
    while True:
        name, size = struct.unpack("<4sI", exactly(8))
        if name == b"data":
            break
        seen += 8 + size + size % 2
        if seen > MOST_HEADER:
            raise UnweaveError("The WAV stream has no samples in its first megabyte; send it without other chunks.")
        body = exactly(size + size % 2)
        if name == b"fmt ":
            found = _read_format(body[:size])
    if found is None:
        raise UnweaveError("The WAV stream does not say what its samples are; send one with a fmt chunk.")
    rate, channels, samples = found
    endless = first == b"RF64" or any(size in sizes for sizes in NO_SIZES)
    return PcmFormat(rate, channels, samples, True, None if endless else size)


def _read_format(body: bytes) -> tuple[int, int, str]:
    """Rate, channels, samples."""
    if len(body) < 16:
        raise UnweaveError("The WAV stream has a damaged fmt chunk.")
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
    if tag == _EXTENSIBLE and len(body) >= 26:
        (tag,) = struct.unpack("<H", body[24:26])
    if not channels or not rate:
        raise UnweaveError("The WAV stream says that it has no channels, or no rate; send another one.")
    if (tag, bits) not in _WAV:
        raise UnweaveError(
            f"The WAV stream has samples of {bits} bits (format {tag}), and 16, 24 or 32 bits or 32-bit floating point "
            "are read; add -c:a pcm_f32le to FFmpeg's command."
        )
    return rate, channels, _WAV[tag, bits]
