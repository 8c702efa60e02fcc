"""Reading a recording block by block: any format, constant memory, every fault of a file said in a sentence."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from unweave.audio.decoders import AudioInfo, Block, Decoder, FFmpegDecoder, SoundFileDecoder
from unweave.errors import UnweaveError

PathLike = str | os.PathLike[str]


class AudioReader:
    """A recording that is open for reading; made by `open_audio`.

    NaN and infinite samples are read as zero, because one of them would spoil every sample of a separated track; how
    many there were is in `non_finite`. A file that breaks off before the length in its header is read as far as it
    goes, and `samples` is then corrected and `truncated` set.

    Attributes:
        sample_rate: in Hz, as in the file.
        channels: as in the file.
        samples: exact number per channel; None if the container does not say, known after a whole pass.
        seconds: length, an estimate of the container where `samples` is None.
        non_finite: NaN and infinite samples that the latest pass over the file has replaced by zero so far.
        truncated: a whole pass found fewer samples than the header promised.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        info = decoder.info
        self.path, self.sample_rate, self.channels = info.path, info.sample_rate, info.channels
        self.samples, self.seconds = info.samples, info.seconds
        self.non_finite = 0
        self.truncated = False

    def blocks(self, samples: int) -> Iterator[Block]:
        """Read from the start in blocks of `samples` samples, the last one shorter; may be called again.

        Shape:
            each block (C, samples), float32, full scale at 1 (a float file may go beyond).

        Raises:
            UnweaveError: `samples` below 1, or nothing could be decoded.
        """
        if samples < 1:
            raise UnweaveError(f"A block must hold at least one sample; asked for {samples}.")
        self.non_finite = 0
        return self._count(_regroup(map(self._clean, self._decoder.decode(samples)), samples))

    def __enter__(self) -> AudioReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open between passes; each pass closes its file at its end."""

    def _clean(self, block: Block) -> Block:
        finite = np.isfinite(block)
        bad = block.size - int(np.count_nonzero(finite))
        if bad:
            self.non_finite += bad
            block = np.where(finite, block, np.float32(0.0))
        return block

    def _count(self, blocks: Iterable[Block]) -> Iterator[Block]:
        total = 0
        for block in blocks:
            total += block.shape[1]
            yield block
        if total == 0:
            raise UnweaveError(f"{self.path} holds no sound that can be decoded: it is damaged after its header.")
        self.truncated = self.samples is not None and (self.truncated or total < self.samples)
        self.samples, self.seconds = total, total / self.sample_rate


def open_audio(path: PathLike, stream: int = 0) -> AudioReader:
    """Open a recording, or the first audio stream of a video, for reading in blocks.

    libsndfile is asked first (exact lengths, bit-exact samples), FFmpeg for whatever it does not read.

    Args:
        path: the file.
        stream: number of the audio stream where the file holds several (a stem file).

    Raises:
        UnweaveError: no such file, a folder, no permission, empty, not audio, without sound or without a sample, or no
            such stream.
    """
    file = Path(path)
    head = _head(file)
    if stream:
        return AudioReader(FFmpegDecoder(file, stream))
    if _is_mpeg(file, head):
        # FFmpeg also for what libsndfile could read: it removes the encoder's delay and keeps standard error clean.
        return AudioReader(FFmpegDecoder(file))
    try:
        return AudioReader(SoundFileDecoder(file))
    except LookupError:
        return AudioReader(FFmpegDecoder(file))


def probe(path: PathLike) -> AudioInfo:
    """What a file says about its sound, without decoding it.

    Args:
        path: the file.

    Raises:
        UnweaveError: as `open_audio`.
    """
    reader = open_audio(path)
    return AudioInfo(reader.path, reader.sample_rate, reader.channels, reader.samples, reader.seconds)


def read_audio(path: PathLike, stream: int = 0) -> tuple[Block, int]:
    """The whole recording at once, for short ones; `open_audio` reads long ones in blocks.

    Args:
        path: the file.
        stream: as for `open_audio`.

    Returns:
        The samples (C, T) in float32, full scale at 1, NaN and infinities replaced by zero; and the rate in Hz.

    Raises:
        UnweaveError: as `open_audio`.
    """
    with open_audio(path, stream) as reader:
        return np.concatenate(list(reader.blocks(1 << 18)), axis=1), reader.sample_rate


def _head(file: Path) -> bytes:
    """The first bytes of the file, once it is sure that it is one and may be read."""
    try:
        if file.is_dir():
            raise UnweaveError(f"{file} is a folder, not a recording; give a file in it.")
        if not file.exists():
            raise UnweaveError(f"There is no file {file}; check the name and the folder.")
        if not file.is_file():
            raise UnweaveError(f"{file} is not a regular file; give a recording on disk.")
        with open(file, "rb") as stream:
            head = stream.read(16)
    except PermissionError as error:
        raise UnweaveError(f"{file} may not be read: permission is denied.") from error
    except (OSError, ValueError) as error:
        if isinstance(error, UnweaveError):
            raise
        raise UnweaveError(f"{file!s} cannot be opened: {error}.") from error
    if not head:
        raise UnweaveError(f"{file} is empty: it has no bytes in it.")
    return head


def _is_mpeg(file: Path, head: bytes) -> bool:
    sync = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return sync or head[:3] == b"ID3" or file.suffix.lower() in {".mp1", ".mp2", ".mp3", ".mpga"}


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
