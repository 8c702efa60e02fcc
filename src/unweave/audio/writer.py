"""Writing a recording block by block: beside its place first, renamed when it is whole, clipped and never wrapped."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unweave.audio.encoded import EncodedFile
from unweave.audio.finished import Finished
from unweave.audio.formats import FORMATS, Format, Subtype, check
from unweave.audio.interleaving import interleaved
from unweave.audio.layouts import vorbis_order
from unweave.audio.tags import Tags
from unweave.audio.wav import WavFile
from unweave.audio.wav_chunks import Marker, trailer
from unweave.errors import FULL, UnweaveError

# libsndfile's Vorbis encoder keeps a whole write on the stack: larger ones end the process.
_PIECE = 16384


class AudioWriter(Finished):
    """A recording being written; a context manager.

    The file appears under its name only when the `with` block ends without an error; otherwise nothing is left.
    Samples beyond full scale are clipped in the integer formats, and samples that are NaN or infinite are written as
    zero (infinities of integer formats are clipped).

    Args:
        path: the file to write; one that exists is replaced.
        sample_rate: in Hz.
        channels: 1 for mono.
        format: "wav" (RF64 by itself past 4 GB), "flac", "ogg" (Vorbis), "mp3", "m4a" (AAC) or "opus".
        subtype: "PCM_16", "PCM_24" or "FLOAT"; by default FLOAT for wav and PCM_24 for flac. The others take none.
        layout: what the channels are (`AudioInfo.layout`); they lie in the order of WAV. WAV says it in its header, ogg
            has an order of its own for each count.
        tags: what the file says of itself.
        markers: what sounds when, for wav files, which editors show; other formats have no place for them.
        channel_names: of all channels, for wav files whose channels are no loudspeakers (`OneFileWriter`).

    Attributes:
        clipped: samples beyond full scale that were clipped so far; always 0 for FLOAT and the lossy formats.
        samples: samples per channel written so far.

    Raises:
        UnweaveError: a format that cannot hold this, or a place that cannot be written to.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        sample_rate: int,
        channels: int,
        format: Format = "wav",
        subtype: Subtype | None = None,
        layout: str | None = None,
        *,
        tags: Tags | None = None,
        markers: Sequence[Marker] = (),
        channel_names: Sequence[str] = (),
    ) -> None:
        self.path = Path(path)
        self.channels = channels
        self.clipped = 0
        self.samples = 0
        self._subtype = check_format(self.path, sample_rate, channels, format, subtype, layout)
        check_place(self.path)
        self._order = list(vorbis_order(channels)) if format == "ogg" else None
        self._part = self.path.with_name(f".unweave-{os.getpid()}-{secrets.token_hex(4)}.part")
        try:
            self._file = self._open(format, sample_rate, tags or Tags(), layout)
            if isinstance(self._file, WavFile):
                self._file.trailer = trailer(tags, markers, channel_names)
        except UnweaveError:
            raise
        except (OSError, RuntimeError, ValueError) as error:
            self._part.unlink(missing_ok=True)
            raise self._sentence(error) from error

    def write(self, block: npt.NDArray[Any]) -> None:
        """Append a block.

        Shape:
            block (C, n), floating point, full scale at 1.

        Raises:
            UnweaveError: another number of channels, or the disk is full.
        """
        self.check(block)
        try:
            if isinstance(self._file, WavFile) and not block.any():
                self._file.skip(block.shape[1])
            else:
                ordered = block if self._order is None else block[self._order]
                for start in range(0, block.shape[1], _PIECE):
                    self._write_piece(interleaved(ordered[:, start : start + _PIECE]))
        except (OSError, RuntimeError) as error:
            raise self._sentence(error) from error
        self.samples += block.shape[1]

    def close(self) -> None:
        """Finish the file and give it its name."""
        try:
            self._file.close()
            os.replace(self._part, self.path)
        except (OSError, RuntimeError) as error:
            self._part.unlink(missing_ok=True)
            raise self._sentence(error) from error

    def abort(self) -> None:
        """Drop what was written; an older file of this name stays as it was."""
        with contextlib.suppress(OSError, RuntimeError):  # a full disk fails once more here
            getattr(self._file, "abort", self._file.close)()
        self._part.unlink(missing_ok=True)

    def _open(self, format: Format, sample_rate: int, tags: Tags, layout: str | None) -> Any:
        if FORMATS[format].encoder:
            return EncodedFile(self._part, format, sample_rate, self.channels, tags, layout)
        if format == "wav":
            return WavFile(self._part, sample_rate, self.channels, self._subtype, layout)
        import soundfile

        file = soundfile.SoundFile(self._part, "w", sample_rate, self.channels, self._subtype, format=format.upper())
        for name, value in tags.items().items():
            setattr(file, name, value)
        return file

    def _write_piece(self, frames: npt.NDArray[Any]) -> None:
        bits = {"PCM_16": 16, "PCM_24": 24}.get(self._subtype)
        if bits is None:
            clean = np.nan_to_num(frames.astype(np.float32, copy=False), nan=0.0, posinf=0.0, neginf=0.0)
            self._file.write(clean)
            return
        full = 1 << (bits - 1)
        # A power of two: exact in floating point of any size.
        scaled = np.rint(frames * frames.dtype.type(full))
        if not max(frames.max(), -frames.min()) < 1 - 1 / full:  # also if some are not numbers
            self.clipped += int(np.count_nonzero(np.abs(frames) > 1.0))
            scaled = np.clip(np.nan_to_num(scaled, nan=0.0), -full, full - 1)
        whole = scaled.astype(np.int32)
        # libsndfile takes integers of 32 bits with the sound in the upper ones.
        self._file.write(whole if isinstance(self._file, WavFile) else whole << (32 - bits))

    def _sentence(self, error: Exception) -> UnweaveError:
        if isinstance(error, OSError) and error.errno in FULL:
            return UnweaveError(f"{self.path} cannot be written: the disk is full. Make room or choose another folder.")
        if isinstance(error, PermissionError):
            return UnweaveError(f"{self.path} cannot be written: permission is denied. Choose another folder.")
        return UnweaveError(f"{self.path} cannot be written: {error}.")


def check_format(
    path: Path, sample_rate: int, channels: int, format: str, subtype: str | None = None, layout: str | None = None
) -> str:
    """The subtype to use, once it is sure that the format can hold such a recording; called before any work.

    Args:
        path: for the sentence.
        sample_rate: in Hz.
        channels: of the recording.
        format: as for `AudioWriter`.
        subtype: as for `AudioWriter`.
        layout: as for `AudioWriter`.

    Raises:
        UnweaveError: what it cannot hold, and what could.
    """
    chosen = check(format, sample_rate, channels, path, subtype, layout) or "VORBIS"
    return chosen


def check_place(path: Path) -> None:
    """Refuse a place that no file can be written to, before any work.

    Raises:
        UnweaveError: the reason.
    """
    try:
        if path.is_dir():
            raise UnweaveError(f"{path} is a folder; give the name of a file in it.")
        if not path.parent.is_dir():
            raise UnweaveError(
                f"The folder {path.parent} does not exist, so {path.name} cannot be written there; make it."
            )
    except (OSError, ValueError) as error:
        if isinstance(error, UnweaveError):
            raise
        said = getattr(error, "strerror", None) or error
        raise UnweaveError(f"{str(path)[:80]}... cannot be written: {said}. Choose a shorter name.") from error
