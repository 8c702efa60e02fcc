from __future__ import annotations

import numpy as np
import pytest

from unweave.audio.varispeed import REACH, Follower, Varispeed

RATE = 48000


def through(x: np.ndarray, speed: float, largest: int = 700) -> np.ndarray:
    rng, at, given = np.random.default_rng(0), 0, []
    varispeed = Varispeed(len(x))
    while at < x.shape[1]:
        count = int(rng.integers(0, largest))
        given.append(varispeed.push(x[:, at : at + count], speed))
        at += count
    return np.concatenate(given, axis=1)


def test_at_the_speed_of_one_it_is_the_input_somewhat_later() -> None:
    x = np.random.default_rng(1).normal(size=(2, 20_000)).astype(np.float32)
    y = through(x, 1.0)
    assert y.shape[1] == x.shape[1]
    np.testing.assert_allclose(y[:, REACH:], x[:, : y.shape[1] - REACH], atol=1e-5)


@pytest.mark.parametrize("speed", [0.995, 0.9999, 1.0002, 1.005])
def test_a_tone_becomes_as_much_higher_and_shorter_and_stays_clean(speed: float) -> None:
    x = np.sin(2 * np.pi * 3000 * np.arange(40_000) / RATE)[None].astype(np.float32)
    y = through(x, speed)
    assert abs(y.shape[1] - x.shape[1] / speed) < 2 * REACH
    place = np.arange(y.shape[1]) * speed - REACH
    expected = np.sin(2 * np.pi * 3000 * place / RATE)
    np.testing.assert_allclose(y[0, 100:-100], expected[100:-100], atol=2e-4)


def test_block_sizes_change_nothing() -> None:
    x = np.random.default_rng(2).normal(size=(1, 9000)).astype(np.float32)
    one, other = through(x, 1.0003, 5), through(x, 1.0003, 4000)
    shortest = min(one.shape[1], other.shape[1])
    assert abs(one.shape[1] - other.shape[1]) <= 1
    np.testing.assert_allclose(one[:, :shortest], other[:, :shortest], atol=2e-5)


@pytest.mark.parametrize("drift", [-300e-6, 20e-6, 1000e-6])
def test_a_buffer_between_two_clocks_stays_as_full_as_it_should(drift: float) -> None:
    follower, above, worst, speeds = Follower(RATE), 2000.0, 0.0, []
    for second in range(900):
        for _ in range(4):
            speed = follower.follow(above, 12000)
            above += 12000 * (1 + drift) / speed - 12000
            speeds.append(speed)
        if second > 300:
            worst = max(worst, abs(above))
    assert worst < 0.003 * RATE
    assert speeds[-1] == pytest.approx(1 + drift, abs=2e-5)
    assert np.abs(np.diff(speeds[1:])).max() < 4e-4  # nobody hears it
    assert max(abs(speed - 1) for speed in speeds) <= Follower.MOST
