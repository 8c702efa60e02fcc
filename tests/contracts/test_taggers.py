"""What every registered tagger must do."""

from __future__ import annotations

import pytest
import torch
from parts import WAV2VEC
from shipped import shipped

from unweave.taggers import Tagger, taggers

# What is built of layers that smaller networks have too is tested small.
TINY = {
    "speaker": {"embedding": 8, "hidden": 12},
    "wav2vec": {"config": WAV2VEC},
}


@pytest.fixture(scope="module", params=shipped(taggers))
def tagger(request) -> Tagger:
    if request.param == "wav2vec":
        pytest.importorskip("transformers")
    torch.manual_seed(0)
    return taggers.build(request.param, classes=7, **TINY.get(request.param, {})).eval()


def noise(rows: int, samples: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(rows, samples, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("samples", [1, 9921])
def test_any_length(tagger, samples):
    with torch.inference_mode():
        tags = tagger(noise(2, samples))
    assert tags.clip.shape == (2, tagger.classes) == (2, 7)
    assert tags.embedding.shape == (2, tagger.embedding_dim)
    assert torch.isfinite(tags.embedding).all()
    assert ((tags.clip >= 0) & (tags.clip <= 1)).all()
    assert (tags.frames is None) == (tagger.frame_rate is None)
    if tags.frames is not None and tagger.frame_rate is not None:
        assert abs(tags.frames.shape[1] - samples / tagger.sample_rate * tagger.frame_rate) <= 1
        assert tags.frames.shape[2] == 7
        assert ((tags.frames >= 0) & (tags.frames <= 1)).all()


def test_rows_are_independent_and_silence_is_finite(tagger):
    silence = torch.zeros(1, 9920)
    with torch.inference_mode():
        both, alone = tagger(torch.cat([noise(1, 9920), silence])), tagger(silence)
    assert torch.isfinite(alone.embedding).all()
    torch.testing.assert_close(both.clip[1:], alone.clip, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(both.embedding[1:], alone.embedding, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(both.embedding[0], both.embedding[1], atol=1e-4, rtol=1e-4)


def test_gradients_reach_every_weight(tagger):
    tagger.zero_grad()
    tags = tagger(noise(1, 9920))
    weights = torch.randn(tags.clip.shape, generator=torch.Generator().manual_seed(2))
    (tags.clip * weights).sum().backward()
    without = [name for name, weight in tagger.named_parameters() if weight.grad is None or not weight.grad.any()]
    finite = all(torch.isfinite(weight.grad).all() for weight in tagger.parameters() if weight.grad is not None)
    tagger.zero_grad(set_to_none=True)
    assert without == []
    assert finite
