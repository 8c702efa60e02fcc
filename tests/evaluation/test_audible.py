from __future__ import annotations

import numpy as np
import pytest

from unweave.evaluation.audible import audible_part

RATE = 8000


def sound(seconds: float, *bursts: tuple[float, float, float], floor: float = 0.0) -> np.ndarray:
    """Bursts (start, end, level in dB of full scale) of a tone over a tone so many dB quiet."""
    time = np.arange(round(seconds * RATE)) / RATE
    tone = np.sqrt(2) * np.sin(2 * np.pi * 500 * time)
    gain = np.full(len(time), 10 ** (floor / 20) if floor else 0.0)
    for start, end, level in bursts:
        gain[round(start * RATE) : round(end * RATE)] = 10 ** (level / 20)
    return (gain * tone).astype(np.float32)


@pytest.mark.parametrize("rate", [RATE, 11025])
def test_onset_and_end_are_those_of_the_sound(rate: int) -> None:
    wave = sound(5, (1.0, 2.5, -20))
    part = audible_part(wave, RATE)
    assert part is not None
    assert part.start == pytest.approx(1.0, abs=0.02) and part.seconds == pytest.approx(1.5, abs=0.02)
    assert part.level == pytest.approx(-20, abs=0.2)
    other = audible_part(wave, rate)  # the same samples, told to be faster
    assert other is not None and other.start == pytest.approx(1.0 * RATE / rate, abs=0.03)


def test_short_gaps_close_and_long_ones_part() -> None:
    near = audible_part(sound(5, (1, 1.5, -20), (1.76, 2.4, -20)), RATE)
    far = audible_part(sound(5, (1, 1.5, -20), (1.82, 2.4, -20)), RATE)
    assert near is not None and near.seconds == pytest.approx(1.4, abs=0.02)
    assert far is not None and far.start == pytest.approx(1.82, abs=0.02)  # the longer of the two


def test_the_stretch_with_the_most_energy_counts() -> None:
    long = audible_part(sound(6, (0.5, 1.0, -20), (3, 5, -20)), RATE)
    loud = audible_part(sound(6, (0.5, 1.0, -6), (3, 5, -20)), RATE)
    assert long is not None and long.start == pytest.approx(3, abs=0.02)
    assert loud is not None and loud.start == pytest.approx(0.5, abs=0.02)


def test_what_is_40_db_below_the_loudest_is_silence() -> None:
    heard = audible_part(sound(3, (1, 2, -20), floor=-59), RATE)
    lost = audible_part(sound(3, (1, 2, -20), floor=-61), RATE)
    assert heard is not None and heard.seconds == 3
    assert lost is not None and lost.seconds == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    "wave", [np.zeros(0, np.float32), np.zeros(RATE, np.float32), sound(3, (1, 1.2, -20)), sound(3, (1, 2, -75))]
)
def test_silence_and_clicks_have_no_audible_part(wave: np.ndarray) -> None:
    assert audible_part(wave, RATE) is None


def test_a_long_sound_is_cut_after_four_seconds() -> None:
    part = audible_part(sound(8, (0.5, 7, -20)), RATE)
    assert part is not None and part.seconds == 4 and part.start == pytest.approx(0.5, abs=0.02)
