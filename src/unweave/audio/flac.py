"""When a frame of a FLAC file sounds: each says its number, so that after damage the rest stays in its place."""

from __future__ import annotations

from typing import Any


class FlacClock:
    """Reads the times of frames from their headers (the FLAC format, section "FRAME_HEADER").

    FFmpeg leaves them out after a damaged frame. It is also told to check each frame's sum: a frame that is wrong
    would be noise, and is silence instead.

    Args:
        rate: in Hz.
        size: samples of a frame, where all have one size.
    """

    def __init__(self, rate: int, size: int) -> None:
        self._rate, self._size = rate, size

    @classmethod
    def of(cls, container: Any, stream: Any) -> FlacClock | None:
        """The clock of a bare FLAC file; None for everything else."""
        context = stream.codec_context
        head = bytes(context.extradata or b"")
        if context.name != "flac":
            return None
        context.options = {"err_detect": "crccheck+explode"}
        if container.format.name != "flac" or len(head) < 18:
            return None
        rate = int.from_bytes(head[10:13], "big") >> 4
        return cls(rate, int.from_bytes(head[2:4], "big")) if rate else None

    def time(self, packet: Any) -> float | None:
        """The time of a packet's first sample in s; None if it does not begin with a frame."""
        head = bytes(packet)[:16]
        if len(head) < 6 or head[0] != 0xFF or head[1] & 0xFE != 0xF8:
            return None
        number = _number(head[4:])
        if number is None:
            return None
        return number * (1 if head[1] & 1 else self._size) / self._rate


def _number(coded: bytes) -> int | None:
    """A number of up to 36 bits, coded as UTF-8 codes characters."""
    first = coded[0]
    if first < 0x80:
        return first
    following = next((n for n in range(1, 7) if not first << n & 0x80), 7) - 1
    if not 1 <= following <= 6 or len(coded) <= following:
        return None
    number = first & (0x3F >> following)
    for byte in coded[1 : following + 1]:
        if byte & 0xC0 != 0x80:
            return None
        number = number << 6 | byte & 0x3F
    return number
