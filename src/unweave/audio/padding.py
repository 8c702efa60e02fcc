"""The end of an AAC sound in an m4a or mp4: its last packet is filled up, and only its duration says from where on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any


def without_padding(decoded: Iterable[tuple[Any, Any]], container: Any, stream: Any) -> Iterator[tuple[Any, int]]:
    """Each decoded frame with the number of its samples that are sound: all but for those after the end.

    FFmpeg removes what encoders put before the first sample, but not what they put after the last. Only a last packet
    that is shorter than all those before it is believed: some recorders note durations that jitter.

    Args:
        decoded: packets and the frames from them.
        container: of PyAV.
        stream: the audio stream of it.
    """
    if "mov" not in container.format.name.split(",") or stream.codec_context.name != "aac":
        yield from ((frame, frame.samples) for _, frame in decoded)
        return
    held: tuple[Any, Fraction | None] | None = None
    regular = True
    for packet, frame in decoded:
        if held is not None:
            before, stated = held
            regular = regular and stated is not None and stated >= before.samples
            yield before, before.samples
        stated = packet.duration * Fraction(packet.time_base) * frame.sample_rate if packet.duration else None
        held = frame, stated
    if held is not None:
        last, stated = held
        short = regular and stated is not None and 0 < stated < last.samples
        yield last, round(stated) if short and stated is not None else last.samples
