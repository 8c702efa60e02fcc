"""Published files, made with the published names and shapes, come in whole or are refused in a sentence."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from reference_fill import fill, light_state, published_keys, published_state

from unweave.errors import ModelFileError, UnweaveError
from unweave.pretrained.layouts import Part, PublishedFile, build, convert, read_published
from unweave.taggers import Tags

USS = (
    ("uss_resunet30_at_soft", "ss_model."),
    ("panns_cnn14", "query_net.base."),
    ("panns_cnn14_decisionlevelmax", "anchor_segment_detector.sed_model."),
)


def uss_state(separator: str = USS[0][0], fixed: bool = False) -> dict[str, torch.Tensor]:
    networks = ((separator, "ss_model."), *USS[1:])
    return {key: value for name, prefix in networks for key, value in light_state(name, prefix, fixed).items()}


def save(folder: Path, content: object, name: str = "weights.ckpt") -> Path:
    torch.save(content, folder / name)
    return folder / name


def constants(network: str, prefix: str = "") -> set[str]:
    return {prefix + key for key, (_, kind) in published_keys(network).items() if kind == "fixed"}


def fits(part: Part) -> bool:
    """Whether the part has exactly the entries, of the right shapes, that its network asks for: loading is strict."""
    return build(part).state_dict().keys() == part.state.keys()


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(
    ("separator", "dim", "condition"),
    [("uss_resunet30_at_soft", 527, "soft"), ("uss_resunet30_embedding", 2048, "embedding")],
)
def test_a_training_checkpoint(tmp_path, separator, dim, condition, fixed):
    state = uss_state(separator, fixed)
    smooth = "anchor_segment_detector.anchor_segment_scorer.smooth_filter"
    if fixed:
        state[smooth] = torch.ones(1, 1, 200)
    content = {"state_dict": state, "global_step": 7, "optimizer_states": [{"state": {0: torch.zeros(3)}}]}
    published = read_published(save(tmp_path, content))
    assert published.kind == "uss"
    assert {role: (part.name, part.arguments) for role, part in published.parts.items()} == {
        "separator": ("resunet30", {"condition_dim": dim}),
        "tagger": ("panns-cnn14", {"classes": 527}),
        "detector": ("panns-cnn14-sed", {"classes": 527}),
        "condition": (condition, {"dim": dim}),
    }
    for role in ("separator", "tagger", "detector"):
        assert fits(published.parts[role])
    dropped = set(published.dropped)
    assert {"global_step", "optimizer_states"} <= dropped
    assert {"ss_model.base.decoder_block3.bn2.weight", "ss_model.film.decoder_block3->beta2.bias"} <= dropped
    assert "ss_model.film.decoder_block3->conv_block2->beta2.bias" not in dropped
    fixed_keys = {key for name, prefix in ((separator, "ss_model."), *USS[1:]) for key in constants(name, prefix)}
    assert (fixed_keys | {smooth} <= dropped) if fixed else not (fixed_keys & dropped)
    assert published.missing == published.unknown == []


def test_every_weight_lands_once():
    """The numbers of all entries, each its own, are found again: no entry is lost, doubled or mixed up."""
    state = uss_state()
    published = convert(state)
    kept = [
        value.reshape(-1)[0].item()
        for part in published.parts.values()
        for key, value in part.state.items()
        if not key.endswith("num_batches_tracked")
    ]
    dropped = [state[key].reshape(-1)[0].item() for key in published.dropped]
    assert sorted(kept + dropped) == sorted(value.reshape(-1)[0].item() for value in state.values())


@pytest.mark.parametrize("prefix", ["", "ss_model.", "module.ss_model."])
def test_a_text_conditioned_separator(tmp_path, prefix):
    state = light_state("audiosep_resunet30", prefix, fixed=True)
    state["query_encoder.model.audio_branch.tscam_conv.weight"] = torch.zeros(2, 2, 2, 3)
    published = read_published(save(tmp_path, {"state_dict": state}))
    assert published.kind == "resunet"
    assert set(published.parts) == {"separator", "condition"}
    assert fits(published.parts["separator"])
    assert published.parts["condition"] == Part("condition", "text", {"dim": 512}, {})
    assert "query_encoder.model.audio_branch.tscam_conv.weight" in published.dropped


@pytest.mark.parametrize(
    ("network", "file", "name"),
    [
        ("panns_cnn6", "Cnn6_mAP=0.343.pth", "panns-cnn6"),
        ("panns_cnn10", "Cnn10_mAP=0.380.pth", "panns-cnn10"),
        ("panns_cnn14", "Cnn14_mAP=0.431.pth", "panns-cnn14"),
        ("panns_cnn14_decisionlevelmax", "Cnn14_DecisionLevelMax_mAP=0.385.pth", "panns-cnn14-sed"),
    ],
)
@pytest.mark.parametrize("fixed", [False, True])
def test_panns_files(tmp_path, network, file, name, fixed):
    content = {"iteration": 600000, "model": light_state(network, fixed=fixed)}
    published = read_published(save(tmp_path, content, file))
    assert published.kind == "panns"
    assert set(published.parts) == {"tagger"}
    assert published.parts["tagger"].name == name
    assert fits(published.parts["tagger"])
    assert set(published.dropped) == {"iteration"} | (constants(network) if fixed else set())


def test_the_name_can_be_overruled(tmp_path):
    path = save(tmp_path, {"model": light_state("panns_cnn14")}, "renamed.pth")
    assert read_published(path).parts["tagger"].name == "panns-cnn14"
    assert read_published(path, tagger="panns-cnn14-sed").parts["tagger"].name == "panns-cnn14-sed"
    with pytest.raises(UnweaveError, match="'htsat'"):
        read_published(path, tagger="htsat")


@pytest.mark.parametrize("fixed", [False, True])
def test_htsat_files(tmp_path, fixed):
    published = read_published(save(tmp_path, {"state_dict": light_state("htsat", "sed_model.", fixed)}))
    assert (published.kind, published.parts["tagger"].name) == ("htsat", "htsat")
    assert fits(published.parts["tagger"])
    dead = {"sed_model.head.weight", "sed_model.head.bias"}
    assert set(published.dropped) == dead | (constants("htsat", "sed_model.") if fixed else set())


def test_a_built_part_computes_with_the_weights_of_the_file(tmp_path):
    """A round trip through a real file, in the old and the new format of torch.save."""
    state = published_state("panns_cnn6")
    waveform = torch.randn(1, 9920, generator=torch.Generator().manual_seed(0))
    results = []
    for name, new in (("new.pth", True), ("old.pth", False)):
        torch.save({"model": state}, tmp_path / name, _use_new_zipfile_serialization=new)
        network = build(read_published(tmp_path / name).parts["tagger"])
        assert not network.training
        assert all(weight.requires_grad for weight in network.parameters())
        results.append(network(waveform).clip.detach())
    assert torch.equal(results[0], results[1])
    expected = fill("fc_audioset.bias", (527,))
    np.testing.assert_array_equal(network.state_dict()["classifier.bias"].numpy(), expected)


def adaptor_state(inputs: int, dim: int = 2048) -> dict[str, torch.Tensor]:
    shapes = {"fc1.weight": (8, inputs), "fc1.bias": (8,), "fc2.weight": (dim, 8), "fc2.bias": (dim,)}
    keys = {f"query_net.{name}": shape for name, shape in shapes.items()}
    return {key: torch.from_numpy(np.array(fill(key, shape))) for key, shape in keys.items()}


@pytest.mark.parametrize(("inputs", "layer"), [(2048, "embedding"), (527, "clip")])
def test_the_adaptor_of_a_query_net_computes_with_its_weights(inputs, layer):
    """The published order: linear, leaky ReLU of slope 0.01, twice; dropout is off."""
    adaptor = adaptor_state(inputs)
    part = convert({**uss_state("uss_resunet30_embedding"), **adaptor}).parts["condition"]
    assert (part.name, part.arguments) == ("adaptor", {"dim": 2048, "inputs": inputs, "hidden": 8, "layer": layer})
    assert fits(part)
    tags = Tags(torch.rand(2, 527), None, torch.randn(2, 2048))
    x = getattr(tags, layer)
    for name in ("fc1", "fc2"):
        x = x @ adaptor[f"query_net.{name}.weight"].T + adaptor[f"query_net.{name}.bias"]
        x = torch.where(x > 0, x, 0.01 * x)
    torch.testing.assert_close(build(part)(tags), x)


@pytest.mark.parametrize(
    ("adaptor", "reason"),
    [
        ({"query_net.fc1.bias": torch.zeros(8)}, r"missing: fc1\.weight, fc2\.bias, fc2\.weight"),
        (adaptor_state(2048, dim=512), "adaptor to 512 numbers, but its separator wants 2048"),
        (adaptor_state(100), "on 100 numbers"),
        ({**adaptor_state(527), "query_net.fc1.weight": torch.zeros(8)}, "first layer is 8"),
    ],
)
def test_an_adaptor_that_does_not_fit_is_refused(adaptor, reason):
    with pytest.raises(ModelFileError, match=reason):
        convert({**uss_state("uss_resunet30_embedding"), **adaptor})


def test_missing_entries_are_counted_and_named(tmp_path):
    state = uss_state()
    gone = sorted(key for key in state if key.startswith("query_net.base.conv_block3."))
    for key in gone:
        del state[key]
    with pytest.raises(ModelFileError) as caught:
        read_published(save(tmp_path, {"state_dict": state}))
    message = str(caught.value)
    assert str(tmp_path) in message
    assert f"{len(gone)} missing" in message
    assert sum(key in message for key in gone) == 5
    assert "unknown" not in message


def test_unknown_entries_are_counted_and_named(tmp_path):
    strangers = {f"conv_block9.conv{i}.weight": torch.zeros(1) for i in range(3)}
    with pytest.raises(ModelFileError, match="3 unknown") as caught:
        read_published(save(tmp_path, {"model": {**light_state("panns_cnn10"), **strangers}}))
    assert all(key in str(caught.value) for key in strangers)
    with pytest.raises(ModelFileError, match=r"1 unknown: other\.weight"):
        convert({**uss_state(), "other.weight": torch.zeros(1)})


def test_entries_of_another_shape_are_named():
    state = light_state("panns_cnn6")
    state["fc1.bias"] = torch.zeros(3)
    with pytest.raises(ModelFileError, match=r"1 of another shape: fc1\.bias is 3, not 512"):
        convert(state)


def test_another_front_end_under_the_same_names_is_refused():
    """The 16 kHz networks differ from the 32 kHz ones in nothing but their constants."""
    state = light_state("panns_cnn14", fixed=True)
    state["spectrogram_extractor.stft.conv_real.weight"] = torch.zeros(()).expand(257, 1, 512)
    with pytest.raises(ModelFileError, match="257 x 1 x 512, not 513 x 1 x 1024"):
        convert(state)


def test_a_width_that_no_condition_has_is_refused():
    state = light_state("uss_resunet30_at_soft")
    narrow = {k: v[:, :100] if k.startswith("film.") and v.dim() == 2 else v for k, v in state.items()}
    with pytest.raises(ModelFileError, match="condition of 100 numbers"):
        convert(narrow)


def test_two_networks_for_one_role_are_refused():
    state = {**light_state("panns_cnn6", "a."), **light_state("panns_cnn6", "b.")}
    with pytest.raises(ModelFileError, match="two networks"):
        convert(state)


def test_numbers_of_numpy_in_the_records_are_no_harm(tmp_path):
    content = {"model": light_state("panns_cnn6"), "statistics": {"mAP": np.float64(0.343), "step": np.int64(3)}}
    assert read_published(save(tmp_path, content)).parts["tagger"].name == "panns-cnn6"


class Harmful:
    """An object that writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return Path.write_text, (self.target, "ran")


@pytest.mark.parametrize("how", ["zip", "legacy", "pickle", "text pickle"])
def test_code_in_a_file_is_refused_and_does_not_run(tmp_path, how):
    target, path = tmp_path / "ran.txt", tmp_path / "harmful.pth"
    content = {"model": light_state("panns_cnn6"), "extra": Harmful(target)}
    if how in ("zip", "legacy"):
        torch.save(content, path, _use_new_zipfile_serialization=how == "zip")
    else:
        path.write_bytes(pickle.dumps({"extra": Harmful(target)}, protocol=2 if how == "pickle" else 0))
    with pytest.raises(ModelFileError) as caught:
        read_published(path)
    assert not target.exists()
    assert "\n" not in str(caught.value)
    if how in ("zip", "legacy"):
        assert "could run code" in str(caught.value)
    pickle.loads(pickle.dumps(Harmful(target)))  # the trap itself works
    assert target.exists()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
@pytest.mark.parametrize("new", [True, False])
def test_a_truncated_file(tmp_path, share, new):
    torch.save({"model": published_state("panns_cnn6")}, tmp_path / "whole.pth", _use_new_zipfile_serialization=new)
    whole = (tmp_path / "whole.pth").read_bytes()
    path = tmp_path / "part.pth"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelFileError, match="damaged"):
        read_published(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "is text"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is text"),
        (bytes(range(256)) * 40, "damaged"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
    ],
)
def test_files_that_are_no_weights(tmp_path, content, reason):
    path = tmp_path / "file.ckpt"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=reason) as caught:
        read_published(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([torch.zeros(3)], "holds a list"),
        ({"state_dict": {}}, "no weights"),
        ({"epoch": 3}, "no weights"),
        ({"state_dict": {"layer.weight": torch.zeros(3)}}, "none of the layouts"),
        ({"fc_audioset.weight": torch.zeros(3)}, "none of the layouts"),
    ],
)
def test_weights_of_something_else(tmp_path, content, reason):
    with pytest.raises(ModelFileError, match=reason):
        read_published(save(tmp_path, content))


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_published(tmp_path / "nothing.pth")
    with pytest.raises(ModelFileError, match="is a folder"):
        read_published(tmp_path)


def test_weights_that_do_not_fit_are_refused_when_built():
    published: PublishedFile = convert(light_state("panns_cnn6"))
    part = published.parts["tagger"]
    del part.state["hidden.bias"]
    with pytest.raises(ModelFileError, match=r"hidden\.bias"):
        build(part)
