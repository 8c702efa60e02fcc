"""Files of mp3, m4a and opus, through FFmpeg: the samples that went in are the samples that come out, where it can be.

How the number of samples is kept: mp3 by LAME's header (delay and padding), m4a by its edit list, opus by pre-skip and
the last page's granule position.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from unweave.audio.encoder import Encoder, add_sound, bit_rate, usable_layout
from unweave.audio.formats import FORMATS
from unweave.audio.tags import Tags
from unweave.errors import UnweaveError


class EncodedFile:
    """A file being written.

    Args:
        path: the file; must not exist yet.
        format: "mp3", "m4a" or "opus".
        sample_rate: in Hz, one that `formats.check` allows.
        channels: as `formats.check` allows.
        tags: what the file says of itself.
        layout: what the channels are, as FFmpeg names it; None for the usual meaning of so many.

    Raises:
        OSError, RuntimeError: it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        format: str,
        sample_rate: int,
        channels: int,
        tags: Tags | None = None,
        layout: str | None = None,
    ) -> None:
        import av

        kind = FORMATS[format]
        speakers = usable_layout(kind.encoder, sample_rate, channels, layout)
        if speakers is None:
            raise UnweaveError(
                f"No {format} encoder here takes {channels} channels ({layout}) at {sample_rate} Hz; write wav."
            )
        # The same sound is the same bytes: no random serial numbers.
        options = {"fflags": "+bitexact"}
        if kind.muxer == "ipod":
            options["movie_timescale"] = str(sample_rate)  # the edit list counts samples, not ms
        with _plain_errors():
            self._file: Any = av.open(f"file:{path}", "w", format=kind.muxer, options=options)
            try:
                self._file.metadata.update(tags.items() if tags else {})
                bits = bit_rate(kind.encoder, sample_rate, channels)
                self._encoder = Encoder(add_sound(self._file, kind.encoder, sample_rate, speakers, bits))
                self._file.start_encoding()
            except BaseException:
                self._file.close()
                raise
        self._mpeg, self._count = format == "mp3", 0

    def write(self, frames: npt.NDArray[np.float32]) -> None:
        """Append frames (n, C), full scale at 1."""
        self._mux(lambda: self._encoder.push(np.ascontiguousarray(frames.T)))

    def close(self) -> None:
        """Write the end and close."""
        self._mux(self._encoder.finish)
        with _plain_errors():
            self._file.close()

    def abort(self) -> None:
        """Close; the file is of no use."""
        with _plain_errors():
            self._file.close()

    def _mux(self, encode: Any) -> None:
        with _plain_errors():
            for packet in encode():
                # LAME may end with a packet of nothing but padding, which its header has no room to count. A file of
                # fewer than two others keeps it: no reader knows it for an mp3 otherwise.
                if self._count >= 2 and packet.duration == 0:
                    continue
                self._file.mux(packet)
                self._count += self._mpeg


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """FFmpeg's errors as those of Python, without the name of the file, which is not yet its own."""
    import av

    try:
        yield
    except av.error.FFmpegError as error:
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror) from error
        raise RuntimeError(error.strerror) from error
