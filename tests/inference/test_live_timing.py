from __future__ import annotations

import math

import pytest

from unweave.errors import UnweaveError
from unweave.inference.live_timing import LONGEST, SHORTEST, Timing


@pytest.mark.parametrize("rate", [8000, 11025, 37123, 44100, 192000])
def test_the_parts_make_the_stated_delay_at_any_rate(rate: int) -> None:
    for latency in (SHORTEST, 0.1234, 0.25, 0.5, 1, LONGEST):
        timing = Timing.of(latency, rate)
        assert timing.delay == round(latency * rate) == timing.hop + timing.room + timing.ahead
        assert 0 < timing.room <= timing.hop  # the work of a hop is done before the next one's begins
        assert 0 < timing.fade <= min(timing.hop, timing.ahead)


def test_more_latency_is_more_to_know_and_less_to_do() -> None:
    timings = [Timing.of(latency, 48000) for latency in (0.1, 0.25, 0.5, 1)]
    assert [one.hop for one in timings] == sorted(one.hop for one in timings)
    assert [one.ahead / one.delay for one in timings] == sorted(one.ahead / one.delay for one in timings)


@pytest.mark.parametrize("latency", [0, 0.05, 2, -1, math.nan, math.inf, "0.25", None, True, [1]])
def test_other_latencies_are_refused_in_a_sentence(latency: object) -> None:
    with pytest.raises(UnweaveError, match="between 0.1 and 1.5 s"):
        Timing.of(latency, 48000)  # type: ignore[arg-type]
