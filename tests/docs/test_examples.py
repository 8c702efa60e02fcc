"""The small programs and the notebook of examples/, and the ways in by other programs, run with a tiny model."""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib
import numpy as np
import pytest
import soundfile as sf
import torch
from snippets import ROOT
from tiny import RATE, tiny_model, tones

import unweave

EXAMPLES = ROOT / "examples"


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a short scene.flac, in which every model is the tiny one."""
    monkeypatch.chdir(tmp_path)
    heard = tones(20, spans={0: (0, 6), 1: (8, 11), 2: (14, 19)})[0]
    sf.write("scene.flac", np.stack([heard, heard / 2], 1), RATE)
    model = tiny_model()
    monkeypatch.setattr(unweave, "load_model", lambda *_, **__: model)
    return tmp_path


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def cells() -> list[tuple[str, str]]:
    plain = json.loads((EXAMPLES / "tour.ipynb").read_text("utf-8"))
    return [(cell["cell_type"], "".join(cell["source"])) for cell in plain["cells"]]


def test_the_notebook_runs_from_top_to_bottom(quick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    with matplotlib.rc_context():
        matplotlib.use("agg")
        for kind, text in cells():
            if kind == "code":
                exec(compile(text, "tour.ipynb", "exec"), names)
    assert "Siren" in capsys.readouterr().out
    assert sf.info("siren.wav").samplerate == RATE
    together = names["siren"].audio + names["rest"].audio
    np.testing.assert_allclose(together, names["recording"].T, atol=1e-4)
    assert names["bark"].name == "a dog barking" and len(names["figure"].axes) == 3
    names["plt"].close("all")


def test_the_notebook_is_kept_without_what_it_printed() -> None:
    plain = json.loads((EXAMPLES / "tour.ipynb").read_text("utf-8"))
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in plain["cells"])
    assert all(text.strip() for _, text in cells()) and cells()[0][0] == "markdown"


def test_a_recording_is_taken_apart(quick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module(EXAMPLES / "separate_file.py").main("scene.flac", "out")
    assert "level 1: Animal" in capsys.readouterr().out
    assert (quick / "out" / "1 Animal.wav").is_file()


def test_one_sound_is_taken_out_by_an_example(quick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sf.write("bark.wav", tones(1, spans={1: (0, 1)})[0], RATE)
    module(EXAMPLES / "query_by_example.py").main("scene.flac", "bark.wav", "out")
    assert capsys.readouterr().out.splitlines() == [str(Path("out/bark.wav")), str(Path("out/residual.wav"))]


@pytest.mark.parametrize("entry", ["unweave", "small"])
def test_torch_hub_gives_a_model(quick: Path, entry: str) -> None:
    model = torch.hub.load(str(ROOT), entry, source="local")
    assert isinstance(model, unweave.Model)


def test_torch_hub_asks_for_what_the_package_needs() -> None:
    needed = module(ROOT / "hubconf.py").dependencies
    listed = ROOT.joinpath("pyproject.toml").read_text("utf-8").partition("\ndependencies = [")[2].partition("]")[0]
    for name in needed:
        assert {"huggingface_hub": "huggingface-hub", "yaml": "pyyaml"}.get(name, name) in listed
    assert {"torch", "soxr", "av", "safetensors"} <= set(needed)


@pytest.fixture
def node(quick: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """What ComfyUI calls, by docs.comfy.org/custom-nodes (backend: lifecycle, server overview, datatypes)."""
    place = quick / "ComfyUI" / "custom_nodes" / "comfyui_unweave.py"
    place.parent.mkdir(parents=True)
    place.write_bytes((EXAMPLES / "comfyui_unweave.py").read_bytes())
    # A single file is known by its path without the ending, and is there before it runs.
    spec = importlib.util.spec_from_file_location(str(place.with_suffix("")), place)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, loaded)
    spec.loader.exec_module(loaded)
    (name,) = loaded.NODE_CLASS_MAPPINGS
    made = loaded.NODE_CLASS_MAPPINGS[name]
    assert set(loaded.NODE_DISPLAY_NAME_MAPPINGS) == {name}
    inputs = made.INPUT_TYPES()
    assert "required" in inputs and set(inputs) <= {"required", "optional", "hidden"}
    for kind, *options in [*inputs["required"].values(), *inputs["optional"].values()]:
        told = options[0] if options else {}
        assert len(options) <= 1 and isinstance(told, dict)
        if isinstance(kind, list):  # to be chosen from
            assert all(isinstance(one, str) for one in kind) and told.get("default", kind[0]) in kind
        elif kind == "FLOAT":
            assert told["min"] <= told["default"] <= told["max"] and told["step"] > 0
        else:
            assert kind == "AUDIO" or (kind == "STRING" and isinstance(told["default"], str))
    assert isinstance(made.RETURN_TYPES, tuple) and made.RETURN_TYPES == ("AUDIO", "AUDIO")
    assert len(made.RETURN_NAMES) == 2 and isinstance(made.CATEGORY, str) and isinstance(made.DESCRIPTION, str)
    called: Callable[..., Any] = getattr(made(), made.FUNCTION)
    # All inputs come by their names, and those that are optional may not come at all.
    taken = inspect.signature(called).parameters
    assert set(taken) == {*inputs["required"], *inputs["optional"]}
    assert {one for one in taken if taken[one].default is inspect.Parameter.empty} == set(inputs["required"])
    return called


def test_the_node_of_comfyui_gives_the_sound_and_the_rest(node: Callable[..., Any]) -> None:
    waveform = torch.from_numpy(np.stack([tones(4, spans={0: (0, 4), band: (1, 3)}) for band in (1, 2)]))
    audio = {"waveform": waveform.repeat(1, 2, 1), "sample_rate": RATE}
    kept = audio["waveform"].clone()
    given = node(audio=audio, what="the dog", strength=1.0, model="small")
    assert isinstance(given, tuple)
    sound, rest = given
    for side in (sound, rest):
        assert side["waveform"].shape == kept.shape and side["waveform"].dtype == torch.float32
        assert side["sample_rate"] == RATE
    torch.testing.assert_close(sound["waveform"] + rest["waveform"], kept, atol=1e-4, rtol=0)
    torch.testing.assert_close(audio["waveform"], kept, atol=0, rtol=0)  # other nodes use it too
    loud = sound["waveform"].square().mean((1, 2))
    assert loud[0] > 100 * loud[1]  # only the first recording of the batch has a dog in it


def test_words_that_the_node_does_not_understand_are_a_sentence(node: Callable[..., Any]) -> None:
    audio = {"waveform": torch.zeros(1, 1, RATE), "sample_rate": RATE}
    with pytest.raises(unweave.UnweaveError, match="qwertzuiop"):
        node(audio=audio, what="qwertzuiop")
