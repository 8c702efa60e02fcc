"""Energy: levels that are known, matching that matches, silence that goes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unweave.audio.energy import energy, match_energy, rms_db, trim_silence
from unweave.errors import UnweaveError

KINDS = [np.asarray, lambda x: torch.from_numpy(np.asarray(x))]


@pytest.mark.parametrize("kind", KINDS)
def test_levels_of_known_sounds(kind) -> None:  # type: ignore[no-untyped-def]
    sine = np.sin(2 * np.pi * np.arange(32000) / 32)
    x = kind(np.stack([sine, 0.1 * sine, np.ones(32000), np.zeros(32000)]))
    np.testing.assert_allclose(np.asarray(rms_db(x)), [-3.0103, -23.0103, 0.0, -120.0], atol=1e-3)
    np.testing.assert_allclose(np.asarray(energy(x)), [16000, 160, 32000, 0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_matched_energies_are_equal_and_silence_stays_silence(kind) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((5, 400)), rng.standard_normal((5, 400)) * np.array([1, 0.01, 30, 0, 1])[:, None]
    a[4] = 0
    got = np.asarray(match_energy(kind(a), kind(b)))
    np.testing.assert_allclose(energy(got)[[0, 1, 2]], energy(a)[[0, 1, 2]], rtol=1e-6)
    np.testing.assert_array_equal(got[3:], 0)
    np.testing.assert_allclose(got[0] / b[0], got[0, 0] / b[0, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_the_factor_can_be_limited(kind) -> None:  # type: ignore[no-untyped-def]
    a, b = np.full((2, 100), 1.0), np.stack([np.full(100, 1e-4), np.full(100, 1e4)])
    got = np.asarray(match_energy(kind(a), kind(b), limit=50.0))
    np.testing.assert_allclose(got[:, 0], [5e-3, 200.0])


def test_silent_frames_are_cut_and_loud_ones_stay_as_they_are() -> None:
    rate = 8000
    rng = np.random.default_rng(0)
    loud = rng.uniform(-0.5, 0.5, (2, 1600))
    quiet = rng.uniform(-0.0005, 0.0005, (2, 2400))
    x = np.concatenate([quiet, loud, quiet, loud, quiet], axis=1)
    np.testing.assert_array_equal(trim_silence(x, rate), np.concatenate([loud, loud], axis=1))
    np.testing.assert_array_equal(trim_silence(x, rate, below_loudest_db=80.0, floor_db=-90.0), x)


def test_one_loud_channel_keeps_a_frame() -> None:
    x = np.zeros((2, 1600))
    x[1, :800] = 0.3
    np.testing.assert_array_equal(trim_silence(x, 8000), x[:, :800])


@pytest.mark.parametrize("samples", [1, 799, 800, 801, 5000])
def test_lengths_that_frames_do_not_divide(samples: int) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (1, samples)).astype(np.float32)
    x[0, -1] = 0.9
    np.testing.assert_array_equal(trim_silence(x, 8000), x)


def test_nothing_is_left_of_silence() -> None:
    assert trim_silence(np.zeros((2, 9000)), 8000).shape == (2, 0)
    assert trim_silence(np.full((1, 9000), 1e-4), 8000).shape == (1, 0)
    assert trim_silence(np.zeros((1, 0)), 8000).shape == (1, 0)


def test_frames_without_a_sample_are_refused() -> None:
    with pytest.raises(UnweaveError, match="longer"):
        trim_silence(np.zeros((1, 10)), 8000, frame_seconds=0.0)
