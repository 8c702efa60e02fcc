import numpy as np

from unweave.data.augment import band_limit, change_speed, tilt

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
