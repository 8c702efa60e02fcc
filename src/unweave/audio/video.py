"""A video with another sound: pictures, subtitles and all else are copied as they are, in sync, in constant memory."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unweave.audio.containers import is_quicktime, plans
from unweave.audio.encoder import Block
from unweave.audio.finished import Finished
from unweave.audio.video_output import VideoOutput
from unweave.audio.video_source import Sound, look, open_video
from unweave.errors import FULL, UnweaveError


class VideoWriter(Finished):
    """A video being written whose sound is given block by block; a context manager, used like `AudioWriter`.

    The file appears under its name only when the `with` block ends without an error; otherwise nothing is left.

    Args:
        source: the video whose sound is replaced; it is read a second time while this is written.
        target: the file to write, with the suffix of `source`; one that exists is replaced.
        sample_rate: of the blocks, in Hz.
        channels: of the blocks, as many as the stream has.
        stream: number of the audio stream that is replaced, from 0; the others are copied.
        start: where the first sample stands on the clock of the container, in s; None for where the stream's own sound
            begins. The samples go on from there without holes. A reader that puts silence before a sound that begins
            late must say where it begins.

    Attributes:
        path: the file that will be there: `target`, or that with .mkv where its kind cannot hold the sound.
        codec: FFmpeg's name of the encoder of the new sound.
        samples: samples per channel written so far.
        clipped: samples beyond full scale that a codec of whole numbers has clipped so far.

    Raises:
        UnweaveError: a file without sound or without such a stream, one that cannot be read, a place that cannot be
            written to, or a video that no container takes with a new sound.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        target: str | os.PathLike[str],
        sample_rate: int,
        channels: int,
        *,
        stream: int = 0,
        start: float | Fraction | None = None,
    ) -> None:
        self.source, self.path = Path(source), Path(target)
        self.channels, self.samples, self.clipped = channels, 0, 0
        self._notes: list[str] = []
        _check(self.source, self.path)
        sound = look(self.source, stream)
        if channels != sound.channels:
            raise UnweaveError(f"The sound of {source} has {sound.channels} channels; it cannot take {channels}.")
        begin = sound.start if start is None else Fraction(start)
        self._input: Any = open_video(self.source)
        try:
            self._output = self._open(sound, sample_rate, begin)
        except BaseException:
            self._input.close()
            raise
        try:
            self._packets = self._read(sound)
            self._waiting: Any = next(self._packets, None)
        except BaseException:
            self.abort()
            raise

    @property
    def notes(self) -> list[str]:
        """Sentences for the user: another codec or container, streams that could not be kept. Whole after `close`."""
        return [*self._notes, *self._output.left_out]

    def write(self, block: npt.NDArray[Any]) -> None:
        """Append a block of the new sound.

        Shape:
            block (C, n), floating point, full scale at 1.

        Raises:
            UnweaveError: another number of channels, or the disk is full.
        """
        self.check(block)
        clean = np.nan_to_num(block.astype(np.float32, copy=False), nan=0.0, posinf=0.0, neginf=0.0)
        if self._output.whole_numbers:
            self.clipped += int(np.count_nonzero(np.abs(clean) > 1.0))
        self.samples += block.shape[1]
        with _sentences(self.path):
            self._output.write(clean)
            self._copy(self._output.time)

    def close(self) -> None:
        """Copy what is left, finish the file and give it its name."""
        try:
            with _sentences(self.path):
                self._output.end_sound()
                self._copy(None)
                self._output.close()
                self._input.close()
                os.replace(self._part, self.path)
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Drop what was written; an older file of this name stays as it was."""
        for container in (self._output, self._input):
            with contextlib.suppress(Exception):  # the end of a file that is dropped may be refused
                container.close()
        self._part.unlink(missing_ok=True)

    def _open(self, sound: Sound, sample_rate: int, begin: Fraction) -> VideoOutput:
        """The output, in the first way that works."""
        target, reason = self.path, Exception("no plan")
        for plan in plans(self._input, self.source, sound.codec, sample_rate, sound.channels, sound.layout):
            moved = plan.suffix != self.source.suffix
            self.path = target.with_suffix(plan.suffix) if moved else target
            # The suffix is kept, because it tells FFmpeg of kinds within a kind (m2ts).
            self._part = self.path.with_name(f".unweave-{os.getpid()}-{secrets.token_hex(4)}{self.path.suffix}")
            for keep_data in (True, False):
                for keep_tags in (True, False) if is_quicktime(plan.muxer) else (False,):
                    try:
                        output = VideoOutput(
                            self._input, self.source, self._part, plan, sound, sample_rate, begin, keep_tags, keep_data
                        )
                    except _faults() as error:
                        self._part.unlink(missing_ok=True)
                        if isinstance(error, OSError) and error.errno in _OF_THE_PLACE:
                            raise _sentence(self.path, error) from error
                        reason = error
                        continue
                    self.codec = plan.codec
                    self._notes += [plan.note] if plan.note else []
                    return output
        raise UnweaveError(
            f"{self.source} cannot be written with another sound: no container takes its streams ({reason})."
        ) from reason

    def _read(self, sound: Sound) -> Iterator[Any]:
        """The packets of all other streams, in the order of the file."""
        import av

        streams = [self._input.streams[index] for index in self._output.copied]
        self._input.streams[sound.index].discard = av.stream.Discard.all
        packets = self._input.demux(*streams) if streams else iter(())
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:
                self._notes.append(f"{self.source} breaks off; what comes before is copied.")
                return
            if packet is None:
                return
            if packet.size or packet.dts is not None:  # the rest are the demuxer's marks of the end
                yield packet

    def _copy(self, until: Fraction | None) -> None:
        """Pass packets on, up to a time in s, so that pictures and sound lie side by side in the file."""
        while self._waiting is not None:
            stamp = self._waiting.dts if self._waiting.dts is not None else self._waiting.pts
            if until is not None and stamp is not None and stamp * Fraction(self._waiting.time_base) > until:
                return
            packet, self._waiting = self._waiting, None
            self._output.copy(packet)
            self._waiting = next(self._packets, None)


def replace_sound(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    blocks: Iterable[Block],
    sample_rate: int,
    channels: int,
    *,
    stream: int = 0,
    start: float | Fraction | None = None,
) -> VideoWriter:
    """Write a video with its sound replaced; see `VideoWriter`.

    Args:
        source: the video.
        target: the file to write.
        blocks: the new sound, each (C, n).
        sample_rate: of it, in Hz.
        channels: of it.
        stream: number of the audio stream that is replaced.
        start: of the first sample, in s on the clock of the container.

    Returns:
        The writer, closed: its `path`, `codec` and `notes` say what was written.

    Raises:
        UnweaveError: as `VideoWriter`.
    """
    with VideoWriter(source, target, sample_rate, channels, stream=stream, start=start) as writer:
        for block in blocks:
            writer.write(block)
    return writer


_OF_THE_PLACE = (*FULL, errno.EACCES, errno.EROFS, errno.ENOENT)


@contextlib.contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except UnweaveError:
        raise
    except _faults() as error:
        raise _sentence(path, error) from error


def _faults() -> tuple[type[Exception], ...]:
    """What writing through FFmpeg may raise."""
    import av

    return (av.error.FFmpegError, OSError, ValueError, RuntimeError)


def _sentence(path: Path, error: Exception) -> UnweaveError:
    number = getattr(error, "errno", None)
    if number in FULL:
        return UnweaveError(f"{path} cannot be written: the disk is full. Make room or choose another folder.")
    if number in (errno.EACCES, errno.EROFS):
        return UnweaveError(f"{path} cannot be written: permission is denied. Choose another folder.")
    return UnweaveError(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.")


def _check(source: Path, target: Path) -> None:
    if target.is_dir():
        raise UnweaveError(f"{target} is a folder; give the name of a file in it.")
    if not target.parent.is_dir():
        raise UnweaveError(f"The folder {target.parent} does not exist, so {target.name} cannot be written; make it.")
    if target.exists() and source.exists() and target.samefile(source):
        raise UnweaveError(f"{target} would be written over while it is read; give another name or folder.")
