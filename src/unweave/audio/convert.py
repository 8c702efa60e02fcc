"""Sound whose format changes on the way, in the format of its beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from unweave.audio.decoder import AudioInfo, Block, Findings
from unweave.audio.layouts import B_FORMAT, layout_of_count

PLAIN_FORMATS = {"u8", "s16", "s32", "flt", "dbl"}
_PLANES = 8  # AV_NUM_DATA_POINTERS
_INTEGER_SCALES = {"u1": 2.0**7, "i2": 2.0**15, "i4": 2.0**31, "i8": 2.0**63}


class ToFirst:
    """Frames of any formats in, blocks in one rate and channel count out, in order.

    Each stretch of one format has a converter of its own, which is emptied where the format changes, so that nothing
    is lost and nothing overtakes.

    Args:
        info: what comes out.
        findings: counts the changes, and the frames that cannot be converted.
    """

    def __init__(self, info: AudioInfo, findings: Findings) -> None:
        self._info, self._findings = info, findings
        self._key: Any = None
        self._converter: Any = None

    def push(self, frame: Any, kept: int | None = None) -> Iterator[Block]:
        """Take a frame of PyAV and give what is ready.

        Args:
            frame: of any format.
            kept: how many of its samples are sound, where it is the last one; None for all.
        """
        key = (frame.sample_rate, frame.layout.name, frame.format.name)
        if key != self._key:
            yield from self.flush()
            self._findings.changes += self._key is not None and key[:2] != self._key[:2]
            self._key = key
        info = self._info
        plain = frame.format.name.rstrip("p") in PLAIN_FORMATS and not _unsafe(frame)
        if plain and (frame.sample_rate, frame.layout.nb_channels) == (info.sample_rate, info.channels):
            yield to_float(frame, info.channels)[:, :kept]
            return
        # At one rate, a converter gives as many samples as it takes.
        same_rate = frame.sample_rate == info.sample_rate
        yield from (block[:, :kept] if same_rate else block for block in self._converted(frame))

    def flush(self) -> Iterator[Block]:
        """What the converter still holds."""
        converter, self._converter = self._converter, None
        if converter is not None:
            yield from (to_float(frame, self._info.channels) for frame in converter.resample(None))

    def _converted(self, frame: Any) -> Iterator[Block]:
        import av

        frame.pts = None
        try:
            if self._converter is None:
                self._converter = av.AudioResampler("flt", self._target(frame), self._info.sample_rate)
            blocks = [to_float(converted, self._info.channels) for converted in self._converter.resample(frame)]
        except (av.error.FFmpegError, ValueError):
            self._findings.damaged += 1
            return
        yield from blocks

    def _target(self, frame: Any) -> str:
        """The layout to convert to: that of the beginning, or the usual one where it is not known."""
        info = self._info
        if frame.layout.nb_channels == info.channels:
            return str(frame.layout.name)  # as they lie: nothing is mixed
        known = info.layout if info.layout != B_FORMAT else None
        return known or layout_of_count(info.channels) or f"{info.channels} channels"


def _unsafe(frame: Any) -> bool:
    """Whether PyAV would look for one plane too many: it stops at a null pointer, and eight planes leave no room."""
    return bool(frame.format.is_planar and frame.layout.nb_channels >= _PLANES)


def to_float(frame: Any, channels: int) -> Block:
    """A frame of any plain sample format as (C, n) float32 with full scale at 1."""
    raw = frame.to_ndarray()
    x = raw if frame.format.is_planar else raw.reshape(-1, channels).T
    code = x.dtype.str[1:]
    if code in _INTEGER_SCALES:
        scale = _INTEGER_SCALES[code]
        x = (x.astype(np.float64) - (scale if code == "u1" else 0.0)) / scale
    return np.ascontiguousarray(x, dtype=np.float32)


def to_frame(block: Block, info: AudioInfo) -> Any:
    """A block (C, n) as a frame, for `ToFirst.push`."""
    import av

    layout = layout_of_count(info.channels) if info.layout in (None, B_FORMAT) else info.layout
    packed = np.ascontiguousarray(block.T).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(packed, "flt", layout or f"{info.channels} channels")
    frame.sample_rate = info.sample_rate
    return frame
