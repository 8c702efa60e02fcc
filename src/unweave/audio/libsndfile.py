"""The first way in: libsndfile, for the lossless containers and Vorbis, with exact lengths and exact samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from unweave.audio.chunks import SoundChunk, find_sound
from unweave.audio.decoder import AudioInfo, Block, Findings
from unweave.audio.ffmpeg import FFmpegDecoder
from unweave.audio.interleaving import planar
from unweave.audio.layouts import layout_of_count, vorbis_order
from unweave.audio.pages import vorbis_holes
from unweave.audio.source import Bytes, Slice, View
from unweave.errors import UnweaveError

# libsndfile reports this many frames or more when a FLAC stream does not say its length; it cannot read such a file.
_UNKNOWN_FRAMES = 1 << 62
# Always the same, so that a damaged file gives the same samples to everybody.
_READ = 1 << 15
_WIDTHS = {"PCM_S8": 1, "PCM_U8": 1, "ULAW": 1, "ALAW": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4}
_WIDTHS["DOUBLE"] = 8
# Files without any header, known by their endings alone: rate, channels and subtype are what libsndfile takes them for.
_BARE = {".vox": "VOX_ADPCM", ".gsm": "GSM610", ".au": "ULAW", ".snd": "ULAW"}
_BARE_RATE = 8000


class SoundFileDecoder:
    """WAV, FLAC, Ogg, AIFF, CAF, W64, AU and the others that libsndfile reads, with their exact length.

    Where it gives up before the end, FFmpeg goes on from the sample at which it stopped.

    Args:
        data: the file.

    Raises:
        LookupError: libsndfile cannot read this file; FFmpeg may.
        UnweaveError: a good header and nothing after it.
    """

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._raw: dict[str, Any] = {}
        try:
            self._open_header()
        except UnweaveError:
            raise
        except _faults() as error:
            raise LookupError(str(error)) from error

    def decode(self, findings: Findings) -> Iterator[Block]:
        """See `Decoder.decode`; a file that breaks off ends where it breaks off."""
        given = 0
        try:
            with self._open() as file:
                while len(block := file.read(_READ, dtype="float32", always_2d=True)):
                    given += len(block)
                    yield planar(block) if self._order is None else planar(block)[self._order]
        except _faults():
            pass
        if given < self._frames:
            yield from self._saved(given, findings)

    def _open_header(self) -> None:
        """Learn all about the file, and how it has to be opened."""
        chunk = find_sound(self._data)
        with self._open() as file:
            rate, channels, frames, kind = file.samplerate, file.channels, file.frames, file.subtype
            form, endian = file.format, file.endian
        if kind == "OPUS":
            # soundfile seeks after each read, and Opus starts anew then: the samples would depend on the block size.
            raise LookupError("libsndfile does not give Opus the same way twice")
        if kind == "VORBIS" and vorbis_holes(self._data):
            raise LookupError("libsndfile passes over holes in Vorbis")
        # libsndfile leaves Vorbis's channels in the order that they have in the file.
        self._order = np.argsort(vorbis_order(channels)) if kind == "VORBIS" and channels > 2 else None
        if frames >= _UNKNOWN_FRAMES or rate < 1:
            raise LookupError("libsndfile does not know how long it is")
        width = _WIDTHS.get(kind, 0) * channels
        there = (chunk.end - chunk.start) // width if chunk and width else 0
        if chunk and there > frames and (chunk.lost or chunk.stated is None):
            self._take_as_raw(chunk, rate, channels, kind, endian)
            frames = there
        if frames == 0:
            if chunk and chunk.lost and not width:
                raise LookupError("libsndfile believes the header that nothing is there")
            raise UnweaveError(
                f"{self._data.path} holds no sound: its header is fine, but there are no samples after it."
            )
        self._frames = frames
        self.info = AudioInfo(
            self._data.path,
            rate,
            channels,
            frames,
            frames / rate,
            layout_of_count(channels) if form == "FLAC" or kind == "VORBIS" else chunk.layout if chunk else None,
            floating=kind in ("FLOAT", "DOUBLE"),
        )

    def _take_as_raw(self, chunk: SoundChunk, rate: int, channels: int, kind: str, endian: str) -> None:
        """The header cannot be believed: read what lies after it."""
        order = endian if endian in ("LITTLE", "BIG") else "BIG" if chunk.big else "LITTLE"
        self._data = Slice(self._data, chunk.start, chunk.end)
        self._raw = {"format": "RAW", "samplerate": rate, "channels": channels, "subtype": kind, "endian": order}

    def _open(self) -> Any:
        import soundfile

        try:
            return soundfile.SoundFile(View(self._data), **self._raw)
        except soundfile.LibsndfileError:
            bare = _BARE.get(self._data.path.suffix.lower())
            if bare is None or self._raw:
                raise
            self._raw = {"format": "RAW", "samplerate": _BARE_RATE, "channels": 1, "subtype": bare}
            return soundfile.SoundFile(View(self._data), **self._raw)

    def _saved(self, given: int, findings: Findings) -> Iterator[Block]:
        """What FFmpeg makes of the rest."""
        findings.damaged += 1
        try:
            other = FFmpegDecoder(self._data)
        except UnweaveError:
            return
        if (other.info.sample_rate, other.info.channels) != (self.info.sample_rate, self.info.channels):
            return
        place = 0
        for block in other.decode(findings):
            fresh = block[:, max(0, given - place) : max(0, self._frames - place)]
            place += block.shape[1]
            if fresh.shape[1]:
                yield fresh
            if place >= self._frames:
                return


def _faults() -> tuple[type[Exception], ...]:
    import soundfile

    return (soundfile.LibsndfileError, TypeError, ValueError, RuntimeError, OSError)
