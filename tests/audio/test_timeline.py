"""Silence where nothing is: holes are filled to the sample, jitter and nonsense are not."""

from __future__ import annotations

import pytest

from unweave.audio.timeline import LONGEST_HOLE, MOST_SILENCE, Timeline

FRAME = 1024 / 48000
TICK = 0.001


def gaps(times: list[float | None], start: float | None = None, sure: bool = False, **more: bool) -> list[float]:
    line = Timeline(start, TICK, **more)
    return [line.add(time, FRAME, sure) for time in times]


def test_stamps_that_follow_each_other_need_no_silence_and_rounded_ones_neither() -> None:
    exact = [i * FRAME for i in range(1000)]
    assert not any(gaps(exact))
    assert not any(gaps([round(time, 3) for time in exact]))
    assert not any(gaps([time + (i % 3) / 40 for i, time in enumerate(exact)]))  # jitter of 50 ms
    assert not any(gaps([None] * 10))


def test_a_hole_is_silence_and_what_follows_is_in_its_place() -> None:
    times = [i * FRAME + (4 if i >= 50 else 0) + (1 if i >= 80 else 0) for i in range(100)]
    found = gaps(times)
    assert [found[50], found[80], sum(found)] == pytest.approx([4, 1, 5])


def test_many_small_losses_add_up_to_silence() -> None:
    times = [2 * i * FRAME for i in range(100)]  # every second packet is missing
    line = Timeline(None, TICK)
    place = 0.0
    for time in times:
        place += line.add(time, FRAME)
        assert abs(place - time) <= 0.1 + 1e-9
        place += FRAME


def test_the_first_piece_is_placed_exactly_and_never_before_the_start() -> None:
    assert gaps([2.0, 2 + FRAME], start=0.0) == pytest.approx([2.0, 0.0])
    assert gaps([0.05], start=0.0) == pytest.approx([0.05])
    assert gaps([1.0, 1 + FRAME], start=2.0) == pytest.approx([0.0, 0.0])
    assert gaps([7.0]) == pytest.approx([0.0])  # nothing else in the file: it begins with its first sound


def test_after_damage_even_one_lost_frame_is_silence() -> None:
    assert gaps([0.0, 2 * FRAME], sure=True) == pytest.approx([0.0, FRAME])
    assert gaps([0.0, 2 * FRAME]) == pytest.approx([0.0, 0.0])


def test_stamps_that_are_counted_tell_only_what_was_lost() -> None:
    line = Timeline(None, TICK, trusted=False)
    assert line.add(0.0, FRAME) == 0
    assert line.add(5.0, FRAME) == 0
    assert line.add(5 + 2 * FRAME, FRAME, sure=True) == pytest.approx(FRAME)


def test_stamps_that_jump_back_or_out_of_sight_start_anew() -> None:
    found = gaps([100.0, 100.0 + FRAME, 0.0, FRAME, FRAME + 3, 1e9])
    assert found == pytest.approx([0.0, 0.0, 0.0, 0.0, 3 - FRAME, 0.0])


def test_all_silence_together_has_a_bound() -> None:
    line, time = Timeline(None, TICK), 0.0
    for _ in range(1000):
        line.add(time, FRAME)
        time += LONGEST_HOLE
    assert LONGEST_HOLE < line.silence <= MOST_SILENCE
