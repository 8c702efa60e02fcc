"""The speaker network: unit embeddings, the published weights as they come, no file trusted."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from unweave.errors import UnweaveError
from unweave.taggers.speaker import Speaker

SIZES = {"classes": 3, "embedding": 6, "hidden": 8}


def tone(hertz: float, level: float = 0.3, samples: int = 16000, rate: int = 32000) -> torch.Tensor:
    return level * torch.sin(2 * torch.pi * hertz * torch.arange(samples) / rate)[None]


def speaker(seed: int = 0, **more: object) -> Speaker:
    torch.manual_seed(seed)
    return Speaker(**{**SIZES, **more}).eval()  # type: ignore[arg-type]


def test_the_default_is_the_papers() -> None:
    net = Speaker()
    assert (net.gru.num_layers, net.embedding_dim, net.classes, net.sample_rate) == (3, 256, 527, 32000)


def test_embeddings_have_unit_length_and_untaught_classes_are_absent() -> None:
    net = speaker()
    tags = net(torch.cat([tone(300.0), tone(2000.0), torch.zeros(1, 16000)]))
    torch.testing.assert_close(tags.embedding.norm(dim=1), torch.ones(3))
    assert (tags.clip < 0.02).all() and tags.frames is None


def test_the_mel_is_scaled_and_a_tone_sits_in_its_band_at_any_input_rate() -> None:
    net, other = speaker(), speaker(sample_rate=16000)
    mel, low = net.mel(tone(1000.0)), other.mel(tone(1000.0, samples=8000, rate=16000))
    assert mel.shape == (1, 11025 // 256 + 1, 80)
    torch.testing.assert_close(net.mel(torch.zeros(1, 16000)), torch.full_like(mel, -1.0), atol=2e-3, rtol=0)
    inside = slice(3, -3)
    assert mel[0, inside].argmax(1).unique().tolist() == low[0, inside].argmax(1).unique().tolist()
    assert mel[0, inside].amax() < 1.5
    assert net.mel(tone(4000.0))[0, 20].argmax() > mel[0, 20].argmax()


@pytest.mark.parametrize("kind", ["safetensors", "pt"])
def test_published_weights_are_read_under_their_names(tmp_path: Path, kind: str) -> None:
    source = speaker(seed=1)
    state = {
        "model." + name.replace("gru.", "rnn_stack."): value
        for name, value in source.state_dict().items()
        if not name.startswith("classifier.")
    }
    path = tmp_path / f"weights.{kind}"
    save_file(state, path) if kind == "safetensors" else torch.save(state, path)
    x = tone(500.0)
    torch.testing.assert_close(speaker(weights=str(path))(x).embedding, source(x).embedding)
    with pytest.raises(UnweaveError, match="another size"):
        speaker(hidden=9, weights=str(path))
    with pytest.raises(UnweaveError, match=r"lacks gru\.weight_ih_l3"):
        speaker(layers=4, weights=str(path))


def test_what_holds_no_weights_is_refused_in_words(tmp_path: Path) -> None:
    for name in ("missing.pt", "missing.safetensors"):
        with pytest.raises(UnweaveError, match="cannot be read"):
            speaker(weights=str(tmp_path / name))
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(UnweaveError, match="cannot be read"):
        speaker(weights=str(tmp_path / "text.pt"))
    torch.save(Path("code"), tmp_path / "object.pt")  # unpickling it would run what it names
    with pytest.raises(UnweaveError, match="cannot be read"):
        speaker(weights=str(tmp_path / "object.pt"))
    torch.save([1.0], tmp_path / "list.pt")
    with pytest.raises(UnweaveError, match="no state dict"):
        speaker(weights=str(tmp_path / "list.pt"))
