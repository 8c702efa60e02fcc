"""wav2vec 2.0: the paper's features or the transformer's, published folders as they come, nothing downloaded."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from parts import WAV2VEC

from unweave.errors import UnweaveError
from unweave.taggers import taggers
from unweave.taggers.wav2vec import Wav2Vec


def sound(samples: int = 6400) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


def build(seed: int = 0, **arguments: object) -> Wav2Vec:
    pytest.importorskip("transformers")
    torch.manual_seed(seed)
    return Wav2Vec(classes=3, **arguments).eval()  # type: ignore[arg-type]


def test_the_default_is_the_papers_features_without_the_transformer() -> None:
    net = build()
    assert net.embedding_dim == 512 and net.classes == 3 and net.shortest == 400
    assert sum(weight.numel() for weight in net.net.parameters()) < 5e6


@pytest.mark.parametrize("layer", ["features", "context"])
def test_a_published_folder_gives_what_the_published_network_gives(tmp_path: Path, layer: str) -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(1)
    published = transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**WAV2VEC)).eval()
    published.save_pretrained(tmp_path)
    net = build(layer=layer, weights=str(tmp_path), sample_rate=16000)
    x = sound()
    with torch.inference_mode():
        wanted = published((x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True, correction=0))
        tags = net(x)
    frames = wanted.extract_features if layer == "features" else wanted.last_hidden_state
    torch.testing.assert_close(tags.embedding, frames.mean(1), atol=1e-4, rtol=1e-4)
    assert (tags.clip < 0.2).all()
    arguments = json.loads(json.dumps(net.arguments()))
    again = taggers.build("wav2vec", **arguments).eval()
    again.load_state_dict(net.state_dict())
    torch.testing.assert_close(again(x).embedding, net(x).embedding)


def test_loudness_does_not_matter_and_every_weight_of_the_transformer_learns() -> None:
    net = build(config=WAV2VEC, layer="context")
    torch.testing.assert_close(net(sound()).embedding, net(0.1 * sound()).embedding, atol=1e-3, rtol=1e-3)
    net.train()
    (net(sound()).clip * torch.randn(2, 3)).sum().backward()
    assert [name for name, weight in net.named_parameters() if weight.grad is None or not weight.grad.any()] == []


def test_what_cannot_be_used_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="layers features and context"):
        build(layer="middle")
    with pytest.raises(UnweaveError, match="not both"):
        build(config=WAV2VEC, weights=str(tmp_path))
    with pytest.raises(UnweaveError, match=r"no config\.json"):
        build(weights=str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "wav2vec2", **WAV2VEC}))
    with pytest.raises(UnweaveError, match="cannot be read"):
        build(weights=str(tmp_path))


def test_without_transformers_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(UnweaveError, match=r"pip install 'unweave\[text\]'"):
        Wav2Vec(config=WAV2VEC)
