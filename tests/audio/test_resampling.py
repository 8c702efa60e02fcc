"""Other sample rates: exact length, no delay, no dependence on the blocks, and the sound stays."""

from __future__ import annotations

import numpy as np
import pytest

from unweave.audio.resampling import Resampler, output_length, resample
from unweave.errors import UnweaveError

PAIRS = [(44100, 32000), (32000, 44100), (8000, 192000), (192000, 8000), (48000, 32000), (22050, 32000), (44101, 44100)]


def noise(channels: int, samples: int) -> np.ndarray:
    return np.random.default_rng(samples).standard_normal((channels, samples)).astype(np.float32)


@pytest.mark.parametrize(("in_rate", "out_rate"), PAIRS)
@pytest.mark.parametrize("samples", [1, 2, 3, 10, 999, 10007])
def test_the_length_is_the_ceiling_and_blocks_do_not_matter(in_rate: int, out_rate: int, samples: int) -> None:
    x = noise(2, samples)
    whole = resample(x, in_rate, out_rate)
    assert whole.shape == (2, -(-samples * out_rate // in_rate)) == (2, output_length(samples, in_rate, out_rate))
    assert whole.dtype == np.float32
    for block in (1, 33, 4096):
        if samples / block > 1200:
            continue
        stream = Resampler(in_rate, out_rate, 2)
        parts = [stream.push(x[:, k : k + block]) for k in range(0, samples, block)] + [stream.finish()]
        np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


@pytest.mark.parametrize(("in_rate", "out_rate"), PAIRS)
def test_a_tone_stays_where_it_was_in_time(in_rate: int, out_rate: int) -> None:
    hertz = 1000.0
    x = np.sin(2 * np.pi * hertz * np.arange(in_rate // 2) / in_rate).astype(np.float32)[None]
    got = resample(x, in_rate, out_rate)
    want = np.sin(2 * np.pi * hertz * np.arange(got.shape[1]) / out_rate)
    edge = out_rate // 20
    np.testing.assert_allclose(got[0, edge:-edge], want[edge:-edge], atol=1e-3)


def test_there_and_back_keeps_length_and_everything_below_the_cutoff() -> None:
    samples = 44100
    time = np.arange(samples) / 44100
    x = sum(np.sin(2 * np.pi * f * time + f) for f in (50, 440, 5000, 11000)).astype(np.float32)[None] / 4
    back = resample(resample(x, 44100, 32000), 32000, 44100)[:, :samples]
    assert back.shape == x.shape
    inside = slice(2000, -2000)
    error = back[:, inside] - x[:, inside]
    assert 10 * np.log10(np.mean(x[:, inside] ** 2) / np.mean(error**2)) > 80


def test_what_lies_above_the_new_half_rate_is_gone() -> None:
    x = np.sin(2 * np.pi * 19000 * np.arange(44100) / 44100).astype(np.float32)[None]
    assert np.abs(resample(x, 44100, 32000)[:, 1000:-1000]).max() < 1e-4


def test_equal_rates_pass_through_untouched() -> None:
    x = noise(3, 1001)
    np.testing.assert_array_equal(resample(x, 32000, 32000), x)


def test_the_last_sample_of_a_recording_arrives() -> None:
    x = np.zeros((1, 44100), dtype=np.float32)
    x[0, -1] = 1.0
    assert np.abs(resample(x, 44100, 48000)[0, -3:]).max() > 0.5


def test_channels_do_not_mix() -> None:
    x = noise(6, 5000)
    together = resample(x, 44100, 32000)
    for channel in range(6):
        np.testing.assert_array_equal(together[channel : channel + 1], resample(x[channel : channel + 1], 44100, 32000))


def test_a_long_stream_neither_drifts_nor_grows() -> None:
    stream = Resampler(11025, 8000, 1)
    block = np.zeros((1, 11025 * 60), dtype=np.float32)
    given = 0
    for minute in range(1, 31):
        given += stream.push(block).shape[1]
        assert minute * 60 * 8000 - given < 2000
    assert given + stream.finish().shape[1] == 30 * 60 * 8000


@pytest.mark.parametrize("arguments", [(0, 32000, 1), (32000, 0, 1), (32000, 44100, 0)])
def test_impossible_rates_are_refused(arguments: tuple[int, int, int]) -> None:
    with pytest.raises(UnweaveError, match="at least 1"):
        Resampler(*arguments)


def test_a_block_of_another_shape_is_refused() -> None:
    with pytest.raises(UnweaveError, match="2 channels"):
        Resampler(8000, 16000, 2).push(noise(1, 10))
