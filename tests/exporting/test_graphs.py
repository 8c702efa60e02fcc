"""Each graph says what the network says that it was made of."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from exportable import exportable_model, exported

from unweave.model import Model
from unweave.separators.masks import magnitude_phase_mask

onnxruntime = pytest.importorskip("onnxruntime", reason="needs ONNX Runtime: pip install 'unweave[onnx]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'unweave[onnx]'")


@pytest.fixture(scope="module")
def model() -> Model:
    return exportable_model()


def run(name: str, *tensors: torch.Tensor) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(exported() / f"{name}.onnx", providers=["CPUExecutionProvider"])
    return list(session.run(None, {f"in{number}": tensor.numpy() for number, tensor in enumerate(tensors)}))


def test_tagger(model: Model) -> None:
    wave = 0.1 * torch.randn(1, 32000)
    with torch.inference_mode():
        tags = model.tagger(wave)  # type: ignore[misc]
        power = model.tagger.mel.stft(wave).abs().square().transpose(1, 2)  # type: ignore[union-attr]
        frames = torch.nn.functional.adaptive_avg_pool1d(tags.frames.transpose(1, 2), 10).transpose(1, 2)
    clip, curve, told = run("tagger", power)
    assert np.abs(clip - tags.clip.numpy()).max() < 1e-5
    assert np.abs(told - tags.told.numpy()).max() < 1e-5 < np.abs(told - clip).max()
    assert curve.shape == frames.shape and np.abs(curve - frames.numpy()).max() < 1e-5


def test_encoder_and_decoder(model: Model) -> None:
    separator = model.separator
    wave, condition = 0.1 * torch.randn(1, 32000), torch.zeros(1, 527)
    condition[0, 74] = 1
    with torch.inference_mode():
        encoding = separator.encode(wave)
        spectrogram, *features = encoding.tensors.values()
        (logits,) = separator.logits(separator.embed(condition), *features)  # type: ignore[operator]
        source = magnitude_phase_mask(spectrogram, logits[:, :, : spectrogram.shape[2]].transpose(2, 3))
    found = run("encoder", spectrogram.abs())
    assert len(found) == len(features)
    for one, other in zip(found, features, strict=True):
        assert np.abs(one - other.numpy()).max() < 1e-4
    (mask,) = run("decoder", condition, *map(torch.from_numpy, found))
    mine = spectrogram.numpy() * (mask[:, 0] + 1j * mask[:, 1]).transpose(0, 2, 1)
    assert np.abs(mine - source.numpy()).max() < 1e-4 * np.abs(source.numpy()).max()
