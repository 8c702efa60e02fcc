"""What drowns the rest is given more of the mixture; everything else stays as the separator says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tiny import RATE, tiny_model, tones

from unweave.errors import ModelFileError
from unweave.inference.prominence import FROM, MOST, raise_prominent
from unweave.settings import ModelSettings


def chirps(seed: int, samples: int = 2 * RATE) -> np.ndarray:
    """Notes here and there, so that two of these share some bins only, (1, T)."""
    rng, wave = np.random.default_rng(seed), np.zeros(samples)
    for _ in range(40):
        start, length = rng.integers(0, samples - 400), 400
        phase = 2 * np.pi * rng.uniform(200, 0.4 * RATE) / RATE * np.arange(length)
        wave[start : start + length] += np.hanning(length) * np.sin(phase)
    return wave[None].astype(np.float32)


def timid(target: np.ndarray, other: np.ndarray, db: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A target `db` louder than another sound, the mixture, and what a separator says that thinks them equal."""
    other = other * np.sqrt((target**2).sum() / (other**2).sum()) * 10 ** (-db / 20)
    mixture = (target + other).astype(np.float32)
    spectra = [np.fft.rfft(wave.reshape(-1, 100)) for wave in (target, other * 10 ** (db / 20), mixture)]
    mask = abs(spectra[0]) ** 2 / (abs(spectra[0]) ** 2 + abs(spectra[1]) ** 2 + 1e-9)
    return target, mixture, np.fft.irfft(mask * spectra[2]).reshape(1, -1).astype(np.float32)


def sdr(target: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10((target**2).sum() / ((target - estimate) ** 2).sum()))


@pytest.mark.parametrize("db", [12, 20])
def test_a_loud_source_comes_nearer_to_itself(db: float) -> None:
    target, mixture, estimate = timid(chirps(0), chirps(1), db)
    assert sdr(target, raise_prominent(mixture, estimate, 1.0, RATE)) > sdr(target, estimate) + 1


@pytest.mark.parametrize("db", [-20, -5, 0])
def test_where_it_is_no_louder_nothing_changes(db: float) -> None:
    _, mixture, estimate = timid(chirps(0), chirps(1), db)
    assert raise_prominent(mixture, estimate, 1.0, RATE) is estimate


def test_nothing_changes_without_it_or_in_silence_or_where_it_has_all() -> None:
    target, mixture, estimate = timid(chirps(0), chirps(1), 20)
    assert raise_prominent(mixture, estimate, 0.0, RATE) is estimate
    silence = np.zeros_like(mixture)
    assert raise_prominent(mixture, silence, 1.0, RATE) is silence
    np.testing.assert_allclose(raise_prominent(target, target, 1.0, RATE), target, atol=1e-6)


def test_no_bin_is_given_more_than_it_holds_and_the_odds_rise_by_so_much() -> None:
    mixture = np.random.default_rng(0).standard_normal((1, 4 * RATE)).astype(np.float32)
    for share in (0.7, 0.9):
        raised = raise_prominent(mixture, share * mixture, 2.0, RATE)
        louder = 20 * np.log10(share / (1 - share))
        odds = 10 * np.log10(share / (1 - share)) + min(MOST, 2 * (louder - FROM))
        expected = 10 ** (odds / 10) / (1 + 10 ** (odds / 10))
        np.testing.assert_allclose(raised, expected * mixture, atol=1e-4)


def test_channels_keep_their_balance() -> None:
    _, mixture, estimate = timid(chirps(0), chirps(1), 15)
    both = raise_prominent(
        np.concatenate([mixture, 0.1 * mixture]), np.concatenate([estimate, 0.1 * estimate]), 1, RATE
    )
    np.testing.assert_allclose(both[1], 0.1 * both[0], atol=1e-6)
    assert np.abs(both[0] - estimate[0]).max() > 1e-3


def test_the_pipeline_does_it_and_the_published_behaviour_does_not() -> None:
    rng = np.random.default_rng(0)
    x = tones(6, spans={0: (0, 6)}) + (0.01 * rng.standard_normal((1, 6 * RATE))).astype(np.float32)
    plain, raised = (tiny_model(prominence=p).separate(x, RATE, classes="Speech")[0].audio for p in (0.0, 1.0))
    assert np.abs(plain - raised).max() > 1e-4
    published = tiny_model(prominence=1.0).published()
    assert published.settings.prominence == 0
    again = published.separate(x, RATE, classes="Speech", threshold=0.0001)[0].audio
    np.testing.assert_array_equal(
        again, tiny_model().published().separate(x, RATE, classes="Speech", threshold=0.0001)[0].audio
    )


def test_only_a_sensible_number_is_taken() -> None:
    with pytest.raises(ModelFileError, match="prominence"):
        dataclasses.replace(ModelSettings(), prominence=-1.0)
