"""Silence where nothing is: holes are filled to the sample, jitter and nonsense are not."""

from __future__ import annotations

from fractions import Fraction

from unweave.audio.timeline import LONGEST_HOLE, MOST_SILENCE, Timeline

FRAME = Fraction(1024, 48000)
TICK = Fraction(1, 1000)


def gaps(times: list[Fraction | None], start: Fraction | None = None, sure: bool = False, **more: bool) -> list[float]:
    line = Timeline(start, TICK, **more)
    return [float(line.add(time, FRAME, sure)) for time in times]


def test_stamps_that_follow_each_other_need_no_silence_and_rounded_ones_neither() -> None:
    exact = [i * FRAME for i in range(1000)]
    assert not any(gaps(exact))
    assert not any(gaps([Fraction(round(time * 1000), 1000) for time in exact]))
    assert not any(gaps([time + Fraction(i % 3, 40) for i, time in enumerate(exact)]))  # jitter of 50 ms
    assert not any(gaps([None] * 10))


def test_a_hole_is_silence_and_what_follows_is_in_its_place() -> None:
    times = [i * FRAME + (4 if i >= 50 else 0) + (1 if i >= 80 else 0) for i in range(100)]
    found = gaps(times)
    assert found[50] == 4 and found[80] == 1 and sum(found) == 5


def test_many_small_losses_add_up_to_silence() -> None:
    times = [2 * i * FRAME for i in range(100)]  # every second packet is missing
    line = Timeline(None, TICK)
    place = Fraction(0)
    for time in times:
        place += line.add(time, FRAME)
        assert abs(place - time) <= Fraction(1, 10)
        place += FRAME


def test_the_first_piece_is_placed_exactly_and_never_before_the_start() -> None:
    assert gaps([Fraction(2), 2 + FRAME], start=Fraction(0)) == [2.0, 0.0]
    assert gaps([Fraction(1, 20)], start=Fraction(0)) == [0.05]
    assert gaps([Fraction(1), 1 + FRAME], start=Fraction(2)) == [0.0, 0.0]
    assert gaps([Fraction(7)]) == [0.0]  # nothing else in the file: it begins with its first sound


def test_after_damage_even_one_lost_frame_is_silence() -> None:
    assert gaps([Fraction(0), 2 * FRAME], sure=True) == [0.0, float(FRAME)]
    assert gaps([Fraction(0), 2 * FRAME]) == [0.0, 0.0]


def test_stamps_that_are_counted_tell_only_what_was_lost() -> None:
    line = Timeline(None, TICK, trusted=False)
    assert line.add(Fraction(0), FRAME) == 0
    assert line.add(Fraction(5), FRAME) == 0
    assert line.add(5 + 2 * FRAME, FRAME, sure=True) == FRAME


def test_stamps_that_jump_back_or_out_of_sight_start_anew() -> None:
    found = gaps([Fraction(100), Fraction(100) + FRAME, Fraction(0), FRAME, FRAME + 3, Fraction(10**9)])
    assert found == [0.0, 0.0, 0.0, 0.0, float(3 - FRAME), 0.0]


def test_all_silence_together_has_a_bound() -> None:
    line, time = Timeline(None, TICK), Fraction(0)
    for _ in range(1000):
        line.add(time, FRAME)
        time += LONGEST_HOLE
    assert LONGEST_HOLE < line.silence <= MOST_SILENCE
