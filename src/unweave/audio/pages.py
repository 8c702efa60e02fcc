"""The pages of an Ogg file (RFC 3533): where its links begin, whether its end is there, whether time jumps in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unweave.audio.source import Bytes

MAGIC = b"OggS"
_HEADER = 27
_SEARCH = 1 << 16
_BEGINS, _ENDS = 2, 4
# What a first page holds; a flag alone may be a flipped bit.
_CODECS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ", b"\x80theora", b"fishead", b"BBCD\0", b"\x80kate")
_NO_POSITION = (1 << 64) - 1


@dataclass
class OggShape:
    """What the pages of a file tell.

    Args:
        links: (start, end) of each link in bytes.
        breaks_off: the last link has no last page, or that is not whole.
    """

    links: list[tuple[int, int]]
    breaks_off: bool


@dataclass
class Page:
    """One page.

    Args:
        start: offset in bytes.
        end: offset after it.
        begins: it is the first page of a stream.
        ends: it is the last one of a stream.
        position: samples of its stream up to the end of its last whole packet; None if no packet ends in it.
        serial: of its stream.
        packets: how many end in it.
        content: its first bytes.
    """

    start: int
    end: int
    begins: bool
    ends: bool
    position: int | None
    serial: int
    packets: int
    content: bytes


def pages(data: Bytes) -> Iterator[Page]:
    """All pages in order; what lies between them, after damage, is passed over."""
    place = 0
    while place < data.size:
        head = data.read_at(place, _HEADER + 255 + 32)
        if head[:4] != MAGIC or len(head) < _HEADER:
            found = _search(data, place + 1)
            if found is None:
                return
            place = found
            continue
        lacing = head[_HEADER : _HEADER + head[26]]
        end = place + _HEADER + len(lacing) + sum(lacing)
        content = head[_HEADER + len(lacing) :]
        position = int.from_bytes(head[6:14], "little")
        yield Page(
            place,
            end,
            bool(head[5] & _BEGINS) and content.startswith(_CODECS),
            bool(head[5] & _ENDS),
            None if position == _NO_POSITION else position,
            int.from_bytes(head[14:18], "little"),
            sum(size < 255 for size in lacing),
            content,
        )
        place = end


def ogg_shape(data: Bytes) -> OggShape | None:
    """Walk over the pages of a file; None if it is no Ogg file."""
    if data.read_at(0, 4) != MAGIC:
        return None
    starts: list[int] = []
    begun, open_streams, end = False, 0, 0
    for page in pages(data):
        if page.begins:
            if not begun:
                starts.append(page.start)
                open_streams = 0
            open_streams += 1
        begun = page.begins
        open_streams -= page.ends
        end = page.end
    starts = starts or [0]
    links = list(zip(starts, [*starts[1:], data.size], strict=True))
    return OggShape(links, end > data.size or open_streams > 0)


def vorbis_holes(data: Bytes) -> bool:
    """Whether positions in a Vorbis stream jump by more than its packets hold: time in which nothing was recorded."""
    largest, serial, before = 0, None, None
    for page in pages(data):
        if page.begins and page.content.startswith(b"\x01vorbis") and len(page.content) > 28:
            # A packet gives half of a long block at most (Vorbis I specification, 4.3.8).
            largest, serial, before = (1 << (page.content[28] >> 4)) // 2, page.serial, None
        elif page.serial == serial and page.position:
            if before is not None and page.position - before > page.packets * largest:
                return True
            before = page.position
    return False


def _search(data: Bytes, place: int) -> int | None:
    """Where the next page begins, after damage."""
    while piece := data.read_at(place, _SEARCH):
        found = piece.find(MAGIC)
        if found >= 0:
            return place + found
        if len(piece) < _SEARCH:
            return None
        place += len(piece) - len(MAGIC) + 1
    return None
