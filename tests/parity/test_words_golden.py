"""A separator that is steered by words gives, through everything around it, what the published code gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from reference_fill import DATA, published_state, wave

from unweave.model import Model
from unweave.pretrained.layouts import build, convert
from unweave.settings import ModelSettings


def test_words_reach_the_published_separator(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = convert(published_state("audiosep_resunet30")).parts
    settings = ModelSettings(name="audiosep", overlap_seconds=0)
    model = Model(None, build(parts["condition"]), build(parts["separator"]), settings=settings)
    # The text tower's weights are not to be had; its vector is one that the golden output was made with.
    vectors = np.abs(np.random.default_rng(7).standard_normal((2, 512))).astype(np.float32) * np.float32(0.1)
    monkeypatch.setattr(model.condition, "from_words", lambda texts: torch.from_numpy(vectors[: len(texts)]))
    track, residual = model.separate(wave(2.0, 1), 32000, text="a dog barking")
    with np.load(DATA / "goldens.npz") as file:
        name = next(name for name in file.files if name.startswith("audiosep_resunet30.y@"))
        step, golden = int(name.split("@")[1]), file[name]
    got = track.audio.reshape(-1)[::step]
    wanted = golden[: len(got)]
    assert np.linalg.norm(got - wanted) / np.linalg.norm(wanted) < 1e-4
    np.testing.assert_allclose(track.audio + residual.audio, wave(2.0, 1)[None], atol=1e-6)
    assert (track.name, track.mid) == ("a dog barking", None)
