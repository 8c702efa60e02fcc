"""What encoders put after the end of an AAC sound is not taken for sound, and no sound is taken for that."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from unweave.audio.padding import without_padding


def lengths(
    durations: list[int | None], container: str = "mov,mp4", codec: str = "aac", first: int = 1024
) -> list[int]:
    def triple(duration: int | None, samples: int) -> tuple[Any, Any, str]:
        packet = SimpleNamespace(duration=duration, time_base=Fraction(1, 48000))
        return packet, SimpleNamespace(samples=samples, sample_rate=48000), "more"

    decoded = [triple(duration, first if n == 0 else 1024) for n, duration in enumerate(durations)]
    kind = SimpleNamespace(format=SimpleNamespace(name=container))
    stream = SimpleNamespace(codec_context=SimpleNamespace(name=codec))
    given = list(without_padding(decoded, kind, stream))
    assert [item for item, _ in given] == decoded
    return [keep for _, keep in given]


@pytest.mark.parametrize(
    ("durations", "kept"),
    [
        ([1024, 1024, 100], [1024, 1024, 100]),
        ([1024, 1024, 1024], [1024, 1024, 1024]),
        ([100], [100]),
        ([], []),
        ([1024, 1000, 100], [1024, 1024, 1024]),  # durations that jitter
        ([1024, None, 100], [1024, 1024, 1024]),
        ([1024, 1024, 0], [1024, 1024, 1024]),
        ([1024, 5000, 1024], [1024, 1024, 1024]),
    ],
)
def test_only_a_last_packet_that_is_shorter_than_all_is_believed(durations: list[int | None], kept: list[int]) -> None:
    assert lengths(durations) == kept


def test_a_first_packet_of_which_a_part_was_left_out_is_no_jitter() -> None:
    assert lengths([1024, 1024, 100], first=600) == [600, 1024, 100]


def test_other_containers_and_codecs_are_left_alone() -> None:
    assert lengths([1024, 100], container="matroska,webm") == [1024, 1024]
    assert lengths([1024, 100], codec="opus") == [1024, 1024]
