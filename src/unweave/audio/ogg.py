"""Ogg files that were put one after the other ("chained"), as radio streams are: every link is read, not the first.

libsndfile stops after the first link, and FFmpeg refuses links of unequal formats. An Ogg file is a row of pages, and
a new link begins with the pages that begin new streams (RFC 3533, section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from unweave.audio.convert import ToFirst, to_frame
from unweave.audio.decoder import Block, Decoder, Findings
from unweave.audio.source import Bytes, Slice
from unweave.errors import UnweaveError

MAGIC = b"OggS"
_HEADER = 27
_SEARCH = 1 << 16
_BEGINS, _ENDS = 2, 4
# What a first page holds; a flag alone may be a flipped bit.
_CODECS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ", b"\x80theora", b"fishead", b"BBCD\0", b"\x80kate")


@dataclass
class OggShape:
    """What the pages of a file tell.

    Args:
        links: (start, end) of each link in bytes.
        breaks_off: the last link has no last page, or that is not whole.
    """

    links: list[tuple[int, int]]
    breaks_off: bool


def ogg_shape(data: Bytes) -> OggShape | None:
    """Walk over the pages of a file; None if it is no Ogg file."""
    if data.read_at(0, 4) != MAGIC:
        return None
    starts: list[int] = []
    place, begun, open_streams, whole = 0, False, 0, True
    while place < data.size:
        head = data.read_at(place, _HEADER + 255 + 8)
        if head[:4] != MAGIC or len(head) < _HEADER:
            found = _search(data, place + 1)
            if found is None:
                whole = whole and not any(head)
                break
            place = found
            continue
        segments = head[26]
        begins = bool(head[5] & _BEGINS) and head[_HEADER + segments :].startswith(_CODECS)
        if begins:
            if not begun:
                starts.append(place)
                open_streams = 0
            open_streams += 1
        begun = begins
        open_streams -= bool(head[5] & _ENDS)
        place += _HEADER + segments + sum(head[_HEADER : _HEADER + segments])
        whole = place <= data.size
    starts = starts or [0]
    ends = [*starts[1:], data.size]
    return OggShape(list(zip(starts, ends, strict=True)), not whole or open_streams > 0)


class ChainedDecoder:
    """The links of a chained file, one after the other, in the rate and channels of the first.

    Args:
        data: the file.
        links: (start, end) of each.
        open_link: makes a decoder of a stretch.

    Raises:
        UnweaveError: no link can be read.
    """

    def __init__(self, data: Bytes, links: list[tuple[int, int]], open_link: Callable[[Bytes], Decoder]) -> None:
        self._open_link = open_link
        self._links = [Slice(data, start, end) for start, end in links]
        fault: UnweaveError | None = None
        for number, link in enumerate(self._links):
            try:
                info = open_link(link).info
            except UnweaveError as error:
                fault = fault or error
                continue
            self._links = self._links[number:]
            self.info = replace(info, samples=None, seconds=None)
            return
        raise fault or UnweaveError(f"{data.path} holds no sound that can be decoded.")

    def decode(self, findings: Findings) -> Iterator[Block]:
        """See `Decoder.decode`."""
        convert = ToFirst(self.info, findings)
        for link in self._links:
            try:
                decoder = self._open_link(link)
            except UnweaveError:
                findings.damaged += 1
                continue
            info = decoder.info
            for block in decoder.decode(findings):
                if (info.sample_rate, info.channels) == (self.info.sample_rate, self.info.channels):
                    yield from convert.flush()
                    yield block
                else:
                    yield from convert.push(to_frame(block, info))
        yield from convert.flush()


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
