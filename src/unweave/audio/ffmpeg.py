"""The second way in: FFmpeg, for whatever libsndfile does not read or gives up on, video files included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from unweave.audio.convert import ToFirst
from unweave.audio.decoder import AudioInfo, Block, Findings
from unweave.audio.flac import FlacClock
from unweave.audio.layouts import known_layout
from unweave.audio.opened import opened
from unweave.audio.padding import without_padding
from unweave.audio.source import Bytes
from unweave.audio.streams import choose, describe, keeps_time, start_beside_others
from unweave.audio.timeline import Timeline
from unweave.errors import UnweaveError

_SILENCE = 1 << 16  # samples of silence in one block


class FFmpegDecoder:
    """An audio stream of anything that FFmpeg reads: mp3, m4a, opus, mp4, mkv, webm and more.

    Delays of the encoder are removed as FFmpeg does itself, where the file says how long they are. Rate and channel
    count are those of the first decoded frame (containers are wrong about them: HE-AAC states half its rate); a stream
    that changes them, however often, is converted to its beginning. The first sample is that of the time at which the
    earliest stream of the file begins, and where the file's time stamps say that nothing is, there is silence.

    Args:
        data: the file.
        stream: number of the audio stream, from 0; None for the one that the file marks as its default.

    Raises:
        UnweaveError: nothing in it that can be decoded as sound, or no such stream.
    """

    def __init__(self, data: Bytes, stream: int | None = None) -> None:
        import av

        self._data = data
        path = data.path
        try:
            with self._open() as container:
                self._number = choose(container, stream, path)
                chosen = container.streams.audio[self._number]
                seconds = _seconds(container, chosen)
                streams = len(container.streams.audio)
                self.described = describe(container, self._number)
                self._start = start_beside_others(container, self._number) if keeps_time(container) else None
                self._timed = keeps_time(container)
                first = next(_decoded(container, chosen, Findings()), None)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            if isinstance(error, UnweaveError):
                raise
            raise UnweaveError(
                f"{path} cannot be read as sound: it is damaged, cut short or not an audio or video file."
            ) from error
        if first is None:
            raise UnweaveError(f"{path} holds no sound: not one sample in it can be decoded.")
        frame = first.frame
        if frame.sample_rate < 1:
            raise UnweaveError(f"{path} does not say its sample rate, so it cannot be read.")
        channels = frame.layout.nb_channels
        starts = [time for time in (self._start, first.time) if time is not None] if self._timed else []
        self.info = AudioInfo(
            path,
            frame.sample_rate,
            channels,
            None,
            seconds,
            known_layout(frame.layout.name, channels),
            floating=chosen.codec_context.name.startswith(("pcm_f", "wavpack")) and "flt" in frame.format.name,
            stream=self._number,
            streams=streams,
            start=min(starts, default=None),
        )

    def decode(self, findings: Findings) -> Iterator[Block]:
        """See `Decoder.decode`; packets that are damaged are passed over, as FFmpeg does."""
        import av

        try:
            with self._open() as container:
                yield from self._blocks(container, findings)
        except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
            # It was readable a moment ago: the file changed, or its end is damaged. What came before is kept.
            if isinstance(error, UnweaveError):
                raise
            findings.damaged += 1

    def _blocks(self, container: Any, findings: Findings) -> Iterator[Block]:
        info = self.info
        stream = container.streams.audio[self._number]
        convert = ToFirst(info, findings)
        timeline = Timeline(self._start, float(stream.time_base or 0), trusted=self._timed)
        decoded = _decoded(container, stream, findings)
        for (_, frame, time, exact), kept in without_padding(decoded, container, stream):
            gap = timeline.add(time, kept / max(1, frame.sample_rate), exact)
            if gap:
                yield from convert.flush()
                findings.filled += gap
                left = round(gap * info.sample_rate)
                while left > 0:
                    yield np.zeros((info.channels, min(left, _SILENCE)), np.float32)
                    left -= _SILENCE
            yield from convert.push(frame, kept)
        yield from convert.flush()

    def _open(self) -> Any:
        return opened(self._data)


class _Decoded(NamedTuple):
    """A frame, the packet that it came from, and its time in s, which counts to the sample if it is exact."""

    packet: Any
    frame: Any
    time: float | None
    exact: bool


def _decoded(container: Any, stream: Any, findings: Findings) -> Iterator[_Decoded]:
    """What can be decoded of the stream; after something lost, times are exact."""
    import av

    clock = FlacClock.of(container, stream)
    packets = container.demux(stream)
    lost = False
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:  # the file breaks off inside a packet: what came before it is kept
            findings.damaged += 1
            return
        if packet is None:
            return
        own = clock.time(packet) if clock else None
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            findings.damaged += 1
            lost = True
            continue
        for frame in frames:
            if frame.samples:
                yield _Decoded(packet, frame, frame.time if own is None else own, lost or own is not None)
                lost = False
                if own is not None:  # damage may leave several frames in one packet
                    own += frame.samples / max(1, frame.sample_rate)


def _seconds(container: Any, stream: Any) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration is not None else None
