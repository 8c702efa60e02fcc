import numpy as np

from unweave.data.augment import band_limit, change_speed, draw_speed, played, tilt

RATE = 32000
TIME = np.arange(RATE) / RATE


def sine(hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * TIME).astype(np.float32)


def test_band_limit_keeps_below_and_removes_above_the_cutoff():
    kept, gone = band_limit(sine(3000), 4000, RATE), band_limit(sine(6000), 4000, RATE)
    assert np.abs(kept - sine(3000)).max() < 1e-3
    assert np.abs(gone).max() < 1e-3
    assert band_limit(sine(6000), 16000, RATE) is not None and np.array_equal(
        band_limit(sine(6000), 16000, RATE), sine(6000)
    )


def test_band_limit_keeps_an_odd_length():
    assert band_limit(sine(100)[:12345], 4000, RATE).shape == (12345,)


def test_speed_moves_pitch_and_length():
    fast = change_speed(sine(1000), 1.25, RATE)
    assert abs(len(fast) - RATE / 1.25) <= 1
    peak = np.abs(np.fft.rfft(fast)).argmax() * RATE / len(fast)
    assert abs(peak - 1250) < 3
    assert change_speed(sine(1000), 1.0, RATE) is not None and np.array_equal(
        change_speed(sine(1000), 1.0, RATE), sine(1000)
    )


def test_tilt_raises_what_lies_above_the_pivot():
    def gain(hz: float) -> float:
        return 20 * np.log10(np.std(tilt(sine(hz), 6.0, RATE)) / np.std(sine(hz)))

    assert abs(gain(1000)) < 0.1 and abs(gain(10000) - 6) < 0.1 and abs(gain(100) + 6) < 0.1


def test_drawn_speeds_lie_within_their_bounds_and_are_1_as_often_as_told():
    rng = np.random.default_rng(0)
    speeds = np.array([draw_speed(rng, 0.15, 0.6) for _ in range(2000)])
    assert abs((speeds == 1).mean() - 0.4) < 0.05
    assert 1 / 1.15 <= speeds.min() < 0.9 and 1.12 < speeds.max() <= 1.15


def test_a_piece_is_played_at_its_length_whatever_its_speed():
    rng = np.random.default_rng(0)
    for speed in (0.87, 1.0, 1.15):
        piece = sine(1000)[: int(8000 * speed) + 2]
        for wave in (played(piece, speed, 8000, RATE, rng) for _ in range(4)):
            assert wave.shape == (8000,) and wave.dtype == np.float32
            peak = np.abs(np.fft.rfft(wave)).argmax() * RATE / 8000
            assert abs(peak - 1000 * speed) <= 4
