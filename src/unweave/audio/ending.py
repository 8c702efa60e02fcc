"""Whether a file is shorter than it says itself: players read on to where it breaks off and say nothing."""

from __future__ import annotations

import struct

from unweave.audio.chunks import find_sound
from unweave.audio.source import Bytes

_MOST_ATOMS = 10_000


def breaks_off(data: Bytes) -> bool:
    """Whether a file's container promises more bytes than there are; False where it does not say.

    Args:
        data: WAV, AIFF, CAF, W64, AU, mp4, Matroska, AVI or mp3; of others nothing is known.
    """
    if (chunk := find_sound(data)) is not None:
        return chunk.breaks_off
    head = data.read_at(0, 16)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _mp4(data)
    if head[:4] == b"\x1aE\xdf\xa3":
        return _matroska(data)
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        (size,) = struct.unpack("<I", head[4:8])
        return bool(0 < size < 0xFFFFFFFF and size + 8 > data.size)
    return _mp3(data)


def _mp4(data: Bytes) -> bool:
    place = 0
    for _ in range(_MOST_ATOMS):
        head = data.read_at(place, 16)
        if len(head) < 8:
            return False
        size = struct.unpack(">I", head[:4])[0]
        if size == 1 and len(head) == 16:
            size = struct.unpack(">Q", head[8:])[0]
        if size == 0:  # to the end of the file, however long that is
            return False
        if size < 8 or place + size > data.size:
            return bool(size >= 8)
        place += size
    return False


def _matroska(data: Bytes) -> bool:
    place = 4
    size, place = _vint(data, place)
    if size is None:
        return False
    place += size
    if data.read_at(place, 4) != b"\x18\x53\x80\x67":
        return False
    size, place = _vint(data, place + 4)
    return size is not None and place + size > data.size


def _vint(data: Bytes, place: int) -> tuple[int | None, int]:
    """A number of EBML and where it ends; None for "unknown" or none."""
    head = data.read_at(place, 8)
    length = 9 - head[0].bit_length() if head and head[0] else 9
    if length > len(head):
        return None, place
    ones = (1 << 7 * length) - 1
    number = int.from_bytes(head[:length], "big") & ones
    return (None if number == ones else number), place + length


def _mp3(data: Bytes) -> bool:
    """By the number of bytes in the first frame's Xing, Info or VBRI header."""
    place = 0
    head = data.read_at(0, 10)
    if head[:3] == b"ID3" and len(head) == 10:
        place = 10 + sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(head[6:]))
    frame = data.read_at(place, 200)
    if len(frame) < 64 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return False
    for name in (b"Xing", b"Info"):
        found = frame.find(name, 4, 48)
        if found > 0 and len(frame) >= found + 16:
            flags = struct.unpack(">I", frame[found + 4 : found + 8])[0]
            if not flags & 2:
                return False
            size = struct.unpack(">I", frame[found + 8 + 4 * (flags & 1) :][:4])[0]
            return bool(place + size > data.size)
    found = frame.find(b"VBRI", 36, 40)
    return found > 0 and bool(place + struct.unpack(">I", frame[found + 10 : found + 14])[0] > data.size)
