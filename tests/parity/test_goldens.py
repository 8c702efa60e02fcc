"""The published networks give the outputs of the published code, from the same weights and the same waves.

`data/goldens.npz` holds every n-th value of the outputs, flattened; n stands behind the `@` of each name.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from reference_fill import DATA, published_state, wave

from unweave.audio.mel import LogMel, mel_matrix
from unweave.pretrained.layouts import build, convert
from unweave.taggers import Tags

TOLERANCE = 1e-4
CLIPWISE = {"clipwise_output": "clip", "embedding": "embedding"}
DETECTOR = {"clipwise_output": "clip", "framewise_output": "frames"}


@pytest.fixture(scope="module")
def goldens() -> dict[str, tuple[int, np.ndarray]]:
    with np.load(DATA / "goldens.npz") as file:
        return {name.split("@")[0]: (int(name.split("@")[1]), file[name]) for name in file.files}


@pytest.fixture(scope="module")
def waves() -> torch.Tensor:
    return torch.from_numpy(np.stack([wave(2.0, 1), wave(2.0, 2)]))


def relative_error(got: torch.Tensor, golden: tuple[int, np.ndarray]) -> float:
    """Of the values that `got` has; it may hold only the first rows of the golden output."""
    step, wanted = golden
    values = got.detach().numpy().reshape(-1)[::step]
    wanted = wanted[: len(values)]
    assert values.shape == wanted.shape
    return float(np.linalg.norm(values - wanted) / np.linalg.norm(wanted))


def test_mel_matrix(goldens):
    assert relative_error(mel_matrix(32000, 1024, 64, 50, 14000), goldens["panns.mel_matrix"]) < 1e-6


def test_log_mel(goldens, waves):
    mel = LogMel()(waves)
    step, wanted = goldens["panns.logmel"]
    assert step == 1
    values = mel.reshape(2, -1)[:, ::13].reshape(-1).numpy()
    assert np.linalg.norm(values - wanted) / np.linalg.norm(wanted) < TOLERANCE


@pytest.mark.parametrize(
    ("network", "name", "outputs"),
    [
        ("panns_cnn6", "panns-cnn6", CLIPWISE),
        ("panns_cnn10", "panns-cnn10", CLIPWISE),
        ("panns_cnn14", "panns-cnn14", CLIPWISE),
        ("panns_cnn14_decisionlevelmax", "panns-cnn14-sed", DETECTOR),
    ],
)
def test_panns(goldens, waves, network, name, outputs):
    choice = {"tagger": name} if "cnn14" in name else {}
    part = convert(published_state(network), **choice).parts["tagger"]
    assert part.name == name
    with torch.inference_mode():
        tags = build(part)(waves)
    for output, attribute in outputs.items():
        golden = goldens[f"{network}.{output}"]
        every = 97 if output == "framewise_output" else 1
        assert relative_error(getattr(tags, attribute).reshape(-1)[::every], golden) < TOLERANCE, output


def test_htsat(goldens):
    network = build(convert(published_state("htsat")).parts["tagger"])
    with torch.inference_mode():
        tags: Tags = network(torch.from_numpy(np.stack([wave(10.0, 1), wave(10.0, 2)])))
    assert tags.frames is not None
    assert tags.frames.shape == (2, 1024, 527)
    assert relative_error(tags.clip, goldens["htsat.clipwise_output"]) < TOLERANCE
    assert relative_error(tags.embedding, goldens["htsat.latent_output"]) < TOLERANCE
    assert relative_error(tags.frames.reshape(-1)[::97], goldens["htsat.framewise_output"]) < TOLERANCE


@pytest.mark.parametrize(
    ("network", "condition", "dim", "rows"),
    [
        ("uss_resunet30_at_soft", "soft", 527, 2),
        ("uss_resunet30_embedding", "embedding", 2048, 1),
        ("audiosep_resunet30", "text", 512, 1),
    ],
)
def test_resunet(goldens, waves, network, condition, dim, rows):
    parts = convert(published_state(network)).parts
    assert (parts["condition"].name, parts["condition"].arguments) == (condition, {"dim": dim})
    vectors = np.abs(np.random.default_rng(7).standard_normal((2, dim))).astype(np.float32) * np.float32(0.1)
    with torch.inference_mode():
        source = build(parts["separator"])(waves[:rows, None], torch.from_numpy(vectors[:rows]))
    assert source.shape == (rows, 1, 64000)
    assert relative_error(source, goldens[f"{network}.y"]) < TOLERANCE
