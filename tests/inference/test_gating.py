from __future__ import annotations

import numpy as np
import pytest

from unweave.audio.resampling import resample
from unweave.inference import gating
from unweave.inference.gating import GatedResampler


@pytest.mark.parametrize(("there", "back"), [(8000, 44100), (8000, 8000), (32000, 44100), (32000, 8000), (8000, 11025)])
def test_same_as_without_gate(there: int, back: int) -> None:
    rng = np.random.default_rng(0)
    x = np.zeros((2, 60000), np.float32)
    # Sounds begin and end softly, as tracks do: a cut would ring before its place.
    for start in (9000, 30011, 59000 - 4000):
        x[:, start : start + 4000] = rng.standard_normal((2, 4000)) * np.hanning(4000) ** 2
    gated, start, given = GatedResampler(there, back, 2), 0, []
    for size in (5000, 1, 3999, 7001, 2000, 20000, 1234, 9000, 11765):
        given += gated.push(x[:, start : start + size])
        start += size
    given += gated.finish()
    out, expected = np.concatenate(given, axis=1), resample(x, there, back)
    assert start == x.shape[1] and out.shape[1] >= expected.shape[1]
    assert np.abs(out[:, : expected.shape[1]] - expected).max() < 2e-5


def test_silence_is_not_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = gating.Resampler
    monkeypatch.setattr(gating, "Resampler", lambda *a: made.append(a) or original(*a))
    gated = GatedResampler(8000, 44100, 1)
    silence, sound = np.zeros((1, 8000), np.float32), np.ones((1, 8000), np.float32)
    given = [piece for block in (silence, silence, sound, silence, silence, silence) for piece in gated.push(block)]
    given += gated.finish()
    assert len(made) == 1
    out = np.concatenate(given, axis=1)
    assert out.shape[1] == 6 * 44100
    assert not out[:, : 2 * 44100].any() and not out[:, 4 * 44100 :].any()
    assert np.allclose(out[:, 2 * 44100 + 2000 : 3 * 44100 - 2000], 1, atol=1e-4)
