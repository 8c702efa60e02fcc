"""Reading a recording block by block: any format, constant memory, every fault of a file said in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import BinaryIO

import numpy as np

from unweave.audio.decoder import HIGHEST_RATE, LOWEST_RATE, AudioInfo, Block, Decoder, Findings
from unweave.audio.ending import breaks_off
from unweave.audio.ffmpeg import FFmpegDecoder
from unweave.audio.libsndfile import SoundFileDecoder
from unweave.audio.ogg import ChainedDecoder
from unweave.audio.pages import ogg_shape
from unweave.audio.source import Bytes, PathLike, Source
from unweave.errors import UnweaveError

MOST_REMEMBERED = 4_000_000  # samples of all channels: 16 MB


class AudioReader:
    """A recording that is open for reading; made by `open_audio`. A context manager, though it closes itself too.

    NaN and infinite samples are read as zero, because one of them would spoil every sample of a separated track; how
    many there were is in `non_finite`. A file that breaks off before the length in its header is read as far as it
    goes, and `samples` is then corrected and `truncated` set. What is damaged is passed over.

    Every pass gives the same number of samples, that of the first whole one.

    Attributes:
        info: all that is known from the header.
        path: the file.
        sample_rate: in Hz, as in the file.
        channels: as in the file.
        layout: what the channels are; see `AudioInfo`.
        samples: exact number per channel; None if the container does not say, known after a whole pass.
        seconds: length, an estimate of the container where `samples` is None.
        non_finite: NaN and infinite samples that the latest pass over the file has replaced by zero so far.
        truncated: the file promises more than there is.
        findings: what the latest pass met with so far.
    """

    def __init__(self, decoder: Decoder, source: Source, truncated: bool = False, note: str = "") -> None:
        self._decoder, self._source, self._note = decoder, source, note
        info = self.info = decoder.info
        self.path, self.sample_rate, self.channels = info.path, info.sample_rate, info.channels
        self.samples, self.seconds, self.layout = info.samples, info.seconds, info.layout
        self.non_finite = 0
        self.truncated = truncated
        self.findings = Findings()
        self._length: int | None = None  # of the first whole pass
        self._remembers = False
        self._known: list[Block] | None = None  # what was decoded, should it be remembered

    def blocks(self, samples: int) -> Iterator[Block]:
        """Read from the start in blocks of `samples` samples, the last one shorter; may be called again.

        Shape:
            each block (C, samples), float32, full scale at 1 (a float file may go beyond).

        Raises:
            UnweaveError: `samples` below 1, nothing could be decoded, or the file was changed so that what was there
                cannot be read.
        """
        if samples < 1:
            raise UnweaveError(f"A block must hold at least one sample; asked for {samples}.")
        self.non_finite = 0
        if self._known is not None and self._source.trouble() is None:
            decoded: Iterable[Block] = self._known
        else:
            self.findings, self._known = Findings(), None
            decoded = self._decoder.decode(self.findings)
        return self._count(_regroup(self._limited(self._noted(decoded)), samples))

    def remember(self) -> None:
        """Keep what is decoded from now on, of a short recording, for the next pass over a file that is as it was."""
        self._remembers = True

    def remarks(self) -> list[str]:
        """Sentences on what the user should know of this file, after a pass over it."""
        found, said = self.findings, [self._note] if self._note else []
        if self.non_finite:
            said.append(f"{self.path} held {self.non_finite} samples that are no numbers; they are silence now.")
        if self.truncated:
            said.append(f"{self.path} breaks off before the end that its header promises.")
        if found.damaged and not (self.truncated and found.damaged == 1):
            places = "one place" if found.damaged == 1 else f"{found.damaged} places"
            said.append(f"{self.path} is damaged in {places}; what could be saved of it was.")
        if found.filled >= 0.1:
            said.append(
                f"{self.path} begins late or has holes, by its time stamps; {found.filled:.1f} s are silence for that."
            )
        if found.changes:
            times = "once" if found.changes == 1 else f"{found.changes} times"
            said.append(f"{self.path} changes its format {times}; all of it is in that of its beginning.")
        return said

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()

    def __enter__(self) -> AudioReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _noted(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The same; all of them are kept where that is wanted and they are few."""
        held: list[Block] | None = [] if self._remembers and self._known is None else None
        size = 0
        for block in blocks:
            size += block.size
            if held is not None and size <= MOST_REMEMBERED:
                held.append(block)
            yield block
        if held is not None and size <= MOST_REMEMBERED:
            self._known = held

    def _limited(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Without samples that are no numbers, and no longer than the first pass was."""
        left = self._length
        for block in blocks:
            if left is not None:
                block = block[:, :left]
                left -= block.shape[1]
            finite = np.isfinite(block)
            bad = block.size - int(np.count_nonzero(finite))
            if bad:
                self.non_finite += bad
                block = np.where(finite, block, np.float32(0.0))
            if block.shape[1]:
                yield block
            if left == 0:
                return

    def _count(self, blocks: Iterable[Block]) -> Iterator[Block]:
        total = 0
        for block in blocks:
            total += block.shape[1]
            yield block
        self._check(total)
        self.truncated = self.truncated or (self.samples is not None and total < self.samples)
        self.samples, self.seconds, self._length = total, total / self.sample_rate, total

    def _check(self, total: int) -> None:
        """At the end of a pass: is it all that was there?"""
        expected = self._length if self._length is not None else self.samples
        trouble = self._source.trouble()
        less = total == 0 or (expected is not None and total < expected) or self._source.shrunk
        if trouble and less:
            raise UnweaveError(
                f"{self.path} {trouble} while it was read, and sound is missing now. Leave it alone, and run again."
            )
        if total == 0:
            raise UnweaveError(f"{self.path} holds no sound that can be decoded: it is damaged after its header.")
        if self._length is not None and total < self._length:
            raise UnweaveError(
                f"{self.path} gave {total} samples where it gave {self._length} before; its disk may be failing."
            )


def open_audio(place: PathLike | BinaryIO, stream: int | None = None) -> AudioReader:
    """Open a recording, or the sound of a video, for reading in blocks.

    libsndfile is asked first (exact lengths, bit-exact samples), FFmpeg for whatever it does not read.

    Args:
        place: a regular file; "-" for standard input; or an open file or `BytesIO`, which stays open.
        stream: number of the audio stream, from 0, where the file holds several; None for the one that the file marks
            as its default.

    Raises:
        UnweaveError: no such file, not a regular file, no permission, empty, not audio, without sound or without a
            sample, a rate that cannot be, or no such stream.
    """
    source = Source(place)
    try:
        shape = ogg_shape(source)
        if shape and len(shape.links) > 1:
            decoder: Decoder = ChainedDecoder(source, shape.links, lambda link: _decoder(link, stream))
        else:
            decoder = _decoder(source, stream)
        info = decoder.info
        if not LOWEST_RATE <= info.sample_rate <= HIGHEST_RATE:
            raise UnweaveError(
                f"{info.path} says that it has {info.sample_rate} samples in a second; from {LOWEST_RATE} to "
                f"{HIGHEST_RATE} can be. Its header is damaged."
            )
        short = shape.breaks_off if shape else breaks_off(source)
        note = ""
        if info.streams > 1 and stream is None:
            chosen = getattr(decoder, "described", f"number {info.stream}")
            note = f"{info.path} has {info.streams} audio streams, counted from 0; {chosen} was taken."
        return AudioReader(decoder, source, short, note)
    except BaseException:
        source.close()
        raise


def _decoder(data: Bytes, stream: int | None) -> Decoder:
    """The better one of the two that can read this."""
    # FFmpeg also for the MPEG audio that libsndfile could read: it removes the encoder's delay and keeps standard error
    # clean.
    if stream or _is_mpeg(data):
        return FFmpegDecoder(data, stream)
    try:
        return SoundFileDecoder(data)
    except LookupError:
        return FFmpegDecoder(data, stream)


def probe(place: PathLike | BinaryIO, stream: int | None = None) -> AudioInfo:
    """What a file says about its sound, without decoding it.

    Args:
        place: as for `open_audio`.
        stream: as for `open_audio`.

    Raises:
        UnweaveError: as `open_audio`.
    """
    with open_audio(place, stream) as reader:
        return reader.info


def read_audio(place: PathLike | BinaryIO, stream: int | None = None) -> tuple[Block, int]:
    """The whole recording at once, for short ones; `open_audio` reads long ones in blocks.

    Args:
        place: as for `open_audio`.
        stream: as for `open_audio`.

    Returns:
        The samples (C, T) in float32, full scale at 1, NaN and infinities replaced by zero; and the rate in Hz.

    Raises:
        UnweaveError: as `open_audio`.
    """
    with open_audio(place, stream) as reader:
        return np.concatenate(list(reader.blocks(1 << 18)), axis=1), reader.sample_rate


def _is_mpeg(data: Bytes) -> bool:
    head = data.read_at(0, 16)
    sync = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return sync or head[:3] == b"ID3" or data.path.suffix.lower() in {".mp1", ".mp2", ".mp3", ".mpga"}


def _regroup(blocks: Iterable[Block], samples: int) -> Iterator[Block]:
    """Blocks of exactly `samples` samples, the last one shorter, from blocks of any size."""
    held: list[Block] = []
    count = 0
    for block in blocks:
        while count + block.shape[1] >= samples:
            head = block[:, : samples - count]
            yield np.concatenate([*held, head], axis=1) if held else head
            block, held, count = block[:, head.shape[1] :], [], 0
        if block.shape[1]:
            held.append(block)
            count += block.shape[1]
    if held:
        yield np.concatenate(held, axis=1)
