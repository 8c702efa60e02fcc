"""The end of an AAC sound in an m4a or mp4: its last packet is filled up, and only its duration says from where on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, TypeVar

T = TypeVar("T", bound="tuple[Any, ...]")


def without_padding(decoded: Iterable[T], container: Any, stream: Any) -> Iterator[tuple[T, int]]:
    """Each decoded frame with the number of its samples that are sound: all but for those after the end.

    FFmpeg removes what encoders put before the first sample, but not what they put after the last. Only a last packet
    that is shorter than all those before it is believed: some recorders note durations that jitter.

    Args:
        decoded: tuples that begin with a packet and a frame of it.
        container: of PyAV.
        stream: the audio stream of it.

    Returns:
        The same tuples, one by one, each with a number of samples.
    """
    if "mov" not in container.format.name.split(",") or stream.codec_context.name != "aac":
        yield from ((item, item[1].samples) for item in decoded)
        return
    held: T | None = None
    stated: Fraction | None = None
    regular = True
    for item in decoded:
        if held is not None:
            regular = regular and stated is not None and stated >= held[1].samples
            yield held, held[1].samples
        packet, frame = item[:2]
        stated = packet.duration * Fraction(packet.time_base) * frame.sample_rate if packet.duration else None
        held = item
    if held is not None:
        samples = held[1].samples
        yield held, round(stated) if regular and stated is not None and 0 < stated < samples else samples
