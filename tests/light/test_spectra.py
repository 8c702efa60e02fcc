"""The page of NumPy does what the package does with torch."""

from __future__ import annotations

import numpy as np
import torch
from unweave_light.spectra import Transform, raise_prominent, share

from unweave.audio.stft import Stft
from unweave.inference import prominence, sharing

RNG = np.random.default_rng(1)


def test_transform_is_the_same_and_its_inverse_undoes_it() -> None:
    wave = RNG.standard_normal((2, 8000)).astype(np.float32)
    mine, theirs = Transform(512, 160), Stft(512, 160)
    spectra = mine(wave)
    assert np.abs(spectra - theirs(torch.from_numpy(wave)).numpy().transpose(0, 2, 1)).max() < 1e-4
    assert np.abs(mine.inverse(spectra, 8000) - wave).max() < 1e-5


def test_sharing_is_the_same() -> None:
    mixture = RNG.standard_normal((2, 16000)).astype(np.float32)
    noise = [RNG.standard_normal((2, 16000)).astype(np.float32) for _ in range(3)]
    sources = [0.6 * mixture + 0.3 * one for one in noise]
    mine = share(mixture, sources, Transform(2048, 512))
    for one, other in zip(mine, sharing.share(mixture, sources, 32000), strict=True):
        assert np.abs(one - other).max() < 1e-5
    small = [0.2 * mixture, 0.3 * mixture]
    assert all(one is other for one, other in zip(share(mixture, small, Transform(2048, 512)), small, strict=True))


def test_prominence_is_the_same() -> None:
    source = RNG.standard_normal((2, 16000)).astype(np.float32)
    mixture = source + 0.1 * RNG.standard_normal((2, 16000)).astype(np.float32)
    given = 1.0, prominence.FROM, prominence.MOST
    mine = raise_prominent(mixture, 0.8 * source, Transform(1024, 256), *given)
    assert np.abs(mine - 0.8 * source).max() > 1e-3
    assert np.abs(mine - prominence.raise_prominent(mixture, 0.8 * source, 1.0, 32000)).max() < 1e-5
