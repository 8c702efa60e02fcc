"""WAV files of our own: the header has room for 64-bit sizes, so a file that passes 4 GB becomes RF64 when it closes.

libsndfile cannot do that without being told the size beforehand, and stamps the time into its float files; ours are
the same bytes for the same sound. Layout: EBU Tech 3306 (a JUNK chunk that is turned into ds64).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unweave.audio.layouts import B_FORMAT, mask_of_layout

# Most bytes that the 32-bit size fields of RIFF can count.
RIFF_LIMIT = (1 << 32) - 1
_BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}
_JUNK = 28
# The ends of the GUIDs that say what the samples are (mmreg.h); their beginning is the plain format's tag.
_PLAIN = bytes.fromhex("000000001000800000aa00389b71")
_AMBISONIC = bytes.fromhex("00002107d3118644c8c1ca000000")


class WavFile:
    """A WAV file being written.

    Args:
        path: the file; must not exist yet.
        sample_rate: in Hz.
        channels: 1 for mono.
        subtype: "PCM_16", "PCM_24" or "FLOAT".
        layout: what the channels are, in the order of WAV, which the header then says ("5.1" becomes a channel mask);
            None, "mono" and "stereo" need no words.

    Attributes:
        trailer: whole chunks that `close` writes behind the samples.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int, subtype: str, layout: str | None = None) -> None:
        self._rate, self._channels, self._subtype = sample_rate, channels, subtype
        self._mask = 0 if layout in ("mono", "stereo") else mask_of_layout(layout)
        self._ambisonic = layout == B_FORMAT
        self._frame = channels * _BYTES[subtype]
        self._frames = 0
        self.trailer = b""
        self._file = open(path, "xb")  # noqa: SIM115 (closed by `close`)
        self._file.write(self._header())

    def write(self, frames: npt.NDArray[np.int32] | npt.NDArray[np.float32]) -> None:
        """Append frames (n, C): int32 in the range of the subtype, or float32 for "FLOAT"."""
        if self._subtype == "PCM_24":
            data = _pack_24(frames)
        else:
            data = frames.astype("<i2" if self._subtype == "PCM_16" else "<f4").tobytes()
        self._file.write(data)
        self._frames += len(frames)

    def skip(self, frames: int) -> None:
        """Append silence: a hole in the file, which reads as zeros and on most systems takes neither time nor disk."""
        self._file.seek(frames * self._frame, 1)
        self._frames += frames

    def close(self) -> None:
        """Write the final sizes and close."""
        try:
            data = self._frames * self._frame
            self._file.truncate(len(self._header()) + data + data % 2)  # chunks begin at even places
            self._file.seek(0, 2)
            self._file.write(self.trailer)
            self._file.seek(0)
            self._file.write(self._header())
        finally:
            self._file.close()

    def abort(self) -> None:
        """Close without writing the sizes; the file is of no use."""
        self._file.close()

    def _header(self) -> bytes:
        data = self._frames * self._frame
        fmt = self._format()
        riff = (
            12 + 8 + _JUNK + len(fmt) + 12 + 8 - 8 + data + data % 2 + len(self.trailer)
        )  # RIFF, JUNK, fmt, fact, data
        large = riff > RIFF_LIMIT
        if large:
            sizes = b"ds64" + struct.pack("<IQQQI", _JUNK, riff, data, self._frames, 0)
        else:
            sizes = b"JUNK" + struct.pack("<I", _JUNK) + bytes(_JUNK)
        full = 0xFFFFFFFF
        return b"".join(
            [
                (b"RF64" if large else b"RIFF") + struct.pack("<I", full if large else riff) + b"WAVE",
                sizes,
                fmt,
                b"fact" + struct.pack("<II", 4, min(self._frames, full)),
                b"data" + struct.pack("<I", full if large else data),
            ]
        )

    def _format(self) -> bytes:
        """The fmt chunk; WAVE_FORMAT_EXTENSIBLE where there is something to say of the channels."""
        tag = 3 if self._subtype == "FLOAT" else 1
        bits = 8 * _BYTES[self._subtype]
        per_second = min(self._rate * self._frame, 0xFFFFFFFF)
        extended = bool(self._mask or self._ambisonic)
        plain = struct.pack(
            "<HHIIHH", 0xFFFE if extended else tag, self._channels, self._rate, per_second, self._frame, bits
        )
        more = struct.pack("<HIH", bits, self._mask, tag) + (_AMBISONIC if self._ambisonic else _PLAIN)
        body = plain + (struct.pack("<H", len(more)) + more if extended else bytes(2))
        return b"fmt " + struct.pack("<I", len(body)) + body


def _pack_24(frames: npt.NDArray[Any]) -> bytes:
    """The lower three bytes of each int32: four samples become three words."""
    samples = np.ascontiguousarray(frames, dtype="<i4").view("<u4").reshape(-1)
    whole = len(samples) // 4 * 4
    a, b, c, d = (samples[:whole].reshape(-1, 4) & 0xFFFFFF).T
    words = np.empty((whole // 4, 3), "<u4")
    words[:, 0] = a | b << 24
    words[:, 1] = b >> 8 | c << 16
    words[:, 2] = c >> 16 | d << 8
    return words.tobytes() + samples[whole:].view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
