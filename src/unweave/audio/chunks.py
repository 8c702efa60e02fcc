"""Where the samples of a WAV, AIFF, CAF, W64 or AU file lie, whatever its header says of their number.

A recorder that died leaves a size of 0, more than 4 GB do not fit into WAV's 32 bits, and a file that was cut promises
more than it holds; libsndfile believes the header in the first two cases and says nothing in the third.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from unweave.audio.layouts import B_FORMAT, layout_of_mask
from unweave.audio.source import Bytes

_MOST_CHUNKS = 10_000
_UNKNOWN = 0xFFFFFFFF
_W64 = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_AMBISONIC = bytes.fromhex("00002107d3118644c8c1ca000000")  # the end of the GUIDs of B-format, PCM and float


@dataclass
class SoundChunk:
    """The samples of a file.

    Args:
        start: offset of the first.
        stated: bytes that the header promises; None if it leaves that open.
        end: offset after the last that is there.
        big: samples begin with their highest byte.
        layout: of the channels, where the header names it.
        lost: the header counts too few (0, or the lower 32 bits of the number), so it cannot be believed.
    """

    start: int
    stated: int | None
    end: int
    big: bool = False
    layout: str | None = None
    lost: bool = False

    @property
    def breaks_off(self) -> bool:
        """Whether the header promises more than there is."""
        return self.stated is not None and not self.lost and self.start + self.stated > self.end


def find_sound(data: Bytes) -> SoundChunk | None:
    """The samples; None for another container, or a header that does not reach them."""
    head = data.read_at(0, 40)
    if len(head) < 24:
        return None
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return _wav(data, big=head[:4] == b"RIFX")
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _aiff(data)
    if head[:4] == b"riff" and head[24:40] == b"wave" + _W64:
        return _w64(data)
    if head[:4] == b"caff":
        return _caf(data)
    if head[:4] in (b".snd", b"dns."):
        start, size = struct.unpack((">" if head[:4] == b".snd" else "<") + "II", head[4:12])
        return _judged(SoundChunk(start, size, data.size, big=head[:4] == b".snd"), data.size, ends_file=False)
    return None


def _wav(data: Bytes, big: bool) -> SoundChunk | None:
    order = ">" if big else "<"
    place, layout, wide = 12, None, None
    for _ in range(_MOST_CHUNKS):
        head = data.read_at(place, 8)
        if len(head) < 8:
            return None
        name, size = head[:4], struct.unpack(order + "I", head[4:])[0]
        if name == b"ds64" and len(body := data.read_at(place + 8, 16)) == 16:
            wide = struct.unpack("<Q", body[8:])[0]
        elif name == b"fmt " and size >= 40 and len(body := data.read_at(place + 8, 40)) == 40:
            tag, channels = struct.unpack(order + "HH", body[:4])
            if tag == 0xFFFE:
                mask = struct.unpack(order + "I", body[20:24])[0]
                layout = B_FORMAT if body[26:40] == _AMBISONIC else layout_of_mask(mask, channels)
        elif name == b"data":
            stated = wide if size == _UNKNOWN else size
            chunk = SoundChunk(place + 8, stated, data.size, big, layout)
            return _judged(chunk, data.size, _follows(data, chunk, order))
        place += 8 + size + size % 2
    return None


def _aiff(data: Bytes) -> SoundChunk | None:
    place = 12
    for _ in range(_MOST_CHUNKS):
        head = data.read_at(place, 16)
        if len(head) < 16:
            return None
        size, offset = struct.unpack(">4xII", head[:12])
        if head[:4] == b"SSND":
            chunk = SoundChunk(place + 16 + offset, max(0, size - 8 - offset), data.size, big=True)
            return _judged(chunk, data.size, _follows(data, chunk, ">"))
        place += 8 + size + size % 2
    return None


def _w64(data: Bytes) -> SoundChunk | None:
    place = 40
    for _ in range(_MOST_CHUNKS):
        head = data.read_at(place, 24)
        if len(head) < 24:
            return None
        size = struct.unpack("<Q", head[16:])[0]
        if head[:16] == b"data" + _W64:
            stated = max(0, size - 24)
            # A size of 24 is that of an empty chunk; what a recorder leaves that died is less.
            return _judged(SoundChunk(place + 24, stated, data.size), data.size, ends_file=size == 24)
        place += max(24, size + -size % 8)
    return None


def _caf(data: Bytes) -> SoundChunk | None:
    place = 8
    for _ in range(_MOST_CHUNKS):
        head = data.read_at(place, 12)
        if len(head) < 12:
            return None
        size = struct.unpack(">q", head[4:])[0]
        if head[:4] == b"data":
            chunk = SoundChunk(place + 16, None if size < 0 else max(0, size - 4), data.size, big=True)
            return _judged(chunk, data.size, ends_file=False)
        place += 12 + max(0, size)
    return None


def _judged(chunk: SoundChunk, size: int, ends_file: bool) -> SoundChunk:
    """Decide what the stated size is worth."""
    there = size - chunk.start
    if chunk.stated == _UNKNOWN:
        chunk.stated = None
    if chunk.stated is None:
        return chunk
    if chunk.stated == 0 and there > 0 and not ends_file:
        chunk.lost = True
    elif there - chunk.stated > _UNKNOWN - 4096 and chunk.stated <= _UNKNOWN:
        chunk.lost = True
    else:
        chunk.end = min(size, chunk.start + chunk.stated)
    return chunk


def _follows(data: Bytes, chunk: SoundChunk, order: str) -> bool:
    """Whether what comes after a chunk of the stated size is further chunks up to the end of the file, or nothing."""
    place = chunk.start + (chunk.stated or 0)
    place += place % 2
    for _ in range(_MOST_CHUNKS):
        if place >= data.size:
            return True
        head = data.read_at(place, 8)
        if len(head) < 8:
            return not any(head)
        if not all(32 <= byte < 127 for byte in head[:4]):
            return False
        size = struct.unpack(order + "I", head[4:])[0]
        if place + 8 + size > data.size + 1:
            return False
        place += 8 + size + size % 2
    return False
