from __future__ import annotations

import numpy as np

from unweave.evaluation.tracks.activity import between, cut, sounding

RATE = 1000  # a frame is 20 samples


def test_frames_are_on_where_it_is_loud_and_short_gaps_are_closed() -> None:
    wave = np.zeros((2, 2000), np.float32)
    wave[0, 200:400] = wave[0, 500:600] = wave[1, 1400:1500] = 0.5  # gaps of 0.1 and 0.8 s
    wave[:, 1800:] = 0.001  # more than 40 dB below the loudest
    on = sounding(wave, RATE)
    assert np.flatnonzero(on).tolist() == [*range(10, 30), *range(70, 75)]


def test_silence_is_never_on() -> None:
    assert not sounding(np.zeros((1, 500), np.float32), RATE).any()


def test_stretches_of_time_are_frames() -> None:
    assert np.flatnonzero(between([(0.1, 0.2), (0.41, 9.0)], 25)).tolist() == [5, 6, 7, 8, 9, 20, 21, 22, 23, 24]


def test_the_samples_of_frames_are_cut_out() -> None:
    wave = np.arange(50, dtype=np.float32)[None]
    assert cut(wave, np.array([False, True, True]), RATE).tolist() == [list(range(20, 50))]
