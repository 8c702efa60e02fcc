from __future__ import annotations

import numpy as np
import pytest

from unweave.inference.live_window import Tail, Window


def test_the_tail_holds_the_newest_samples_and_no_more_memory() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5000)).astype(np.float32)
    tail, at, whole = Tail(2, 100), 0, np.pad(x, ((0, 0), (100, 0)))
    store = tail._store
    while at < 4800:
        count = int(rng.integers(0, 101))
        tail.push(x[:, at : at + count])
        at += count
        last, before = int(rng.integers(0, 50)), int(rng.integers(0, 50))
        np.testing.assert_array_equal(tail.last(last, before), whole[:, 100 + at - before - last : 100 + at - before])
    assert tail._store is store


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 37123, 44100, 48000, 96000, 192000])
def test_there_and_back_is_the_same_sound_at_the_same_samples(rate: int) -> None:
    window = Window(rate, 16000, 16000)
    time = np.arange(window.size) / rate
    x = np.sin(2 * np.pi * np.array([[440.0], [1234.5]]) * time).astype(np.float32)
    heard = window.heard(x)
    assert heard.shape == (2, 16000)
    for first, last in ((0, window.size), (rate // 2, rate // 2 + rate // 7), (window.size - rate // 5, window.size)):
        back = window.back(heard, first, last)
        assert back.shape == (2, last - first)
        inside = slice(rate // 100, last - first - rate // 100)  # a sound that is cut off rings
        np.testing.assert_allclose(back[:, inside], x[:, first:last][:, inside], atol=2e-3)
