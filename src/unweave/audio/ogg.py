"""Ogg files that were put one after the other ("chained"), as radio streams are: every link is read, not the first.

libsndfile stops after the first link, and FFmpeg refuses links of unequal formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from unweave.audio.convert import ToFirst, to_frame
from unweave.audio.decoder import Block, Decoder, Findings
from unweave.audio.source import Bytes, Slice
from unweave.errors import UnweaveError


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
