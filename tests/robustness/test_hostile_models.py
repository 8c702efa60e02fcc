"""A `model.json` from a stranger: whatever it says is answered in one sentence, before anything is built of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from unweave.conditions import conditions
from unweave.errors import UnweaveError
from unweave.model import Model
from unweave.ontology import Ontology
from unweave.pretrained.describe import quantised_files
from unweave.pretrained.folder import load_folder
from unweave.pretrained.saving import save
from unweave.separators import separators
from unweave.taggers import taggers

HUGE = 10**9
CLASSES = ["kettle", "drill", "bell"]
SPEC: dict[str, dict[str, Any]] = {
    "tagger": {"name": "small", "arguments": {"classes": 3, "widths": [4, 4, 4, 4, 4]}},
    "condition": {"name": "soft", "arguments": {"dim": 3, "normalise": True}},
    "separator": {
        "name": "small",
        "arguments": {
            "condition_dim": 3, "widths": [4, 4], "window_size": 64, "hop": 16, "patch": [4, 2],
            "strides": [[2, 2]], "hidden": 4,
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a model that is small and in order."""
    torch.manual_seed(0)
    model = Model(
        taggers.build("small", **SPEC["tagger"]["arguments"]),
        conditions.build("soft", **SPEC["condition"]["arguments"]),
        separators.build("small", **SPEC["separator"]["arguments"]),
        Ontology.flat(CLASSES),
        settings={"name": "own", "known": [0, 2], "class_thresholds": [0.1, 0.2, 0.3]},
        card={"what": "a test"},
        spec=SPEC,
    )
    return save(model, tmp_path_factory.mktemp("whole") / "m")


def damaged(whole: Path, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of the folder whose description was changed."""
    folder.mkdir()
    os.link(whole / "model.safetensors", folder / "model.safetensors")
    plain = json.loads((whole / "model.json").read_text("utf-8"))
    other = change(plain)
    text = other if isinstance(other, str) else json.dumps(plain)
    (folder / "model.json").write_text(text, "utf-8", errors="surrogatepass")
    return folder


def put(*keys: Any) -> Callable[[dict[str, Any]], object]:
    """Sets the value at a place: put("settings", "known", 5)."""
    *way, last, value = keys

    def change(plain: dict[str, Any]) -> None:
        here = plain
        for key in way:
            here = here[key]
        here[last] = value

    return change


def argument(role: str, name: str, value: Any) -> Callable[[dict[str, Any]], object]:
    return put("parts", role, "arguments", name, value)


def part(role: str, name: str, **arguments: Any) -> Callable[[dict[str, Any]], object]:
    return put("parts", role, {"name": name, "arguments": arguments})


def nested(depth: int) -> str:
    return '{"schema": 1, "about": ' + "[" * depth + "]" * depth + "}"


HOSTILE: dict[str, Callable[[dict[str, Any]], object]] = {
    # not what the format says
    "schema text": put("schema", "1"),
    "schema true": put("schema", True),
    "schema list": put("schema", [1]),
    "top list": lambda plain: "[1]",
    "top number": lambda plain: "7",
    "empty": lambda plain: "",
    "deep": lambda plain: nested(100_000),
    "deep card": put("about", {"a": json.loads("[" * 500 + "]" * 500)}),
    "long number": lambda plain: '{"schema": ' + "1" * 10_000 + "}",
    "long": lambda plain: '{"schema": 1, "about": "' + "x" * 20_000_000 + '"}',
    "half a letter": put("about", {"what": "\ud800"}),
    "key twice": lambda plain: '{"schema": 1, "schema": 1}',
    "unknown key": put("more", 1),
    "parts list": put("parts", []),
    "part text": put("parts", "tagger", "small"),
    "unknown role": put("parts", "reader", {"name": "small"}),
    "name number": put("parts", "tagger", "name", 5),
    "name list": put("parts", "tagger", "name", ["small"]),
    "name absent": put("parts", "tagger", {}),
    "name unknown": put("parts", "tagger", "name", "nosuch"),
    "name endless": put("parts", "tagger", "name", "s" * 1_000_000),
    "name of a module": put("parts", "tagger", "name", "os.system"),
    "arguments list": put("parts", "tagger", "arguments", [3]),
    "arguments null": put("parts", "tagger", "arguments", None),
    # arguments
    "name again": argument("tagger", "name", "panns-cnn14"),
    "self": argument("tagger", "self", 1),
    "unknown argument": argument("tagger", "klasses", 3),
    "strange argument": argument("tagger", "__class__", 3),
    "classes text": argument("tagger", "classes", "3"),
    "classes real": argument("tagger", "classes", 3.0),
    "classes true": argument("tagger", "classes", True),
    "classes null": argument("tagger", "classes", None),
    "classes negative": argument("tagger", "classes", -3),
    "classes none": argument("tagger", "classes", 0),
    "classes huge": argument("tagger", "classes", HUGE),
    "classes beyond": argument("tagger", "classes", 10**40),
    "widths text": argument("tagger", "widths", "44444"),
    "widths number": argument("tagger", "widths", 4),
    "widths empty": argument("tagger", "widths", []),
    "widths endless": argument("tagger", "widths", [4] * 100_000),
    "widths of text": argument("tagger", "widths", ["4"] * 5),
    "widths nested": argument("tagger", "widths", [[4]] * 5),
    "widths negative": argument("tagger", "widths", [4, -4, 4, 4, 4]),
    "widths huge": argument("tagger", "widths", [HUGE] * 5),
    "strides zero": argument("tagger", "strides", [[0, 0]] * 4),
    "strides short": argument("tagger", "strides", [[1]] * 4),
    "strides flat": argument("tagger", "strides", [1, 1, 1, 1]),
    "dropout": argument("tagger", "dropout", 2),
    "dropout text": argument("tagger", "dropout", "0.2"),
    "dropout infinite": argument("tagger", "dropout", float("inf")),
    "dropout no number": argument("tagger", "dropout", float("nan")),
    "window huge": argument("separator", "window_size", 2**40),
    "window large": argument("separator", "window_size", 2**20),
    "window odd": argument("separator", "window_size", 65),
    "hop zero": argument("separator", "hop", 0),
    "hop one": argument("separator", "window_size", 65536),
    "patch zero": argument("separator", "patch", [0, 0]),
    "patch short": argument("separator", "patch", [4]),
    "patch huge": argument("separator", "patch", [HUGE, HUGE]),
    "bottleneck": argument("separator", "bottleneck", 10_000_000),
    "normalise text": argument("condition", "normalise", "yes"),
    # networks of absurd size
    "endless blocks": part("separator", "convtasnet", condition_dim=3, blocks=3, repeats=10_000_000),
    "doubling": part("separator", "convtasnet", condition_dim=3, blocks=64),
    "wide": part("separator", "openunmix", condition_dim=3, hidden=1_000_000, layers=1_000),
    "stages": part("separator", "resunet30", condition_dim=3, widths=[32] * 40, window_size=2**45),
    "geometry": part("separator", "resunet30", condition_dim=3, sample_rate="x"),
    "geometry unknown": part("separator", "resunet30", condition_dim=3, no=1),
    "geometry odd": part("separator", "resunet30", condition_dim=3, widths="abc"),
    "convolutions": part("separator", "resunet30", condition_dim=3, convolutions=10_000_000),
    "rate": part("separator", "resunet30", condition_dim=3, sample_rate=HUGE),
    "rate none": part("separator", "resunet30", condition_dim=3, sample_rate=0),
    "heavy": part("separator", "resunet30-paper", condition_dim=3),
    "heavy condition": part("separator", "resunet30", condition_dim=60_000),
    "resampling": part("tagger", "speaker", classes=3, sample_rate=31_999),
    "recurrent": part("tagger", "speaker", classes=3, layers=10_000_000),
    "adaptor": part("condition", "adaptor", dim=3, inputs=60_000, hidden=60_000),
    "clone": part("condition", "shortcut", tagger="panns-cnn14", arguments={"classes": 60_000}),
    "clone in clone": part("condition", "shortcut", tagger="shortcut"),
    "clone named": part("condition", "shortcut", tagger=5),
    "clone arguments": part("condition", "shortcut", arguments=[1]),
    # files and addresses
    "speaker file": part("tagger", "speaker", classes=3, weights="/etc/passwd"),
    "wav2vec folder": part("tagger", "wav2vec", classes=3, weights="facebook/wav2vec2-base"),
    "wav2vec above": part("tagger", "wav2vec", classes=3, weights="../.."),
    "clone of a file": part("condition", "shortcut", tagger="speaker", arguments={"weights": "/etc/passwd"}),
    "kernels": part("tagger", "wav2vec", classes=3, config={"attn_implementation": "kernels-community/flash-attn"}),
    "kernels inside": part("tagger", "wav2vec", classes=3, config={"_attn_implementation": "someone/else"}),
    "code": part("tagger", "wav2vec", classes=3, config={"auto_map": {"AutoModel": "someone/else--x.Y"}}),
    "quantised above": put("quantised", {"separator": {"logits": "../../x.xml"}}),
    "quantised number": put("quantised", {"separator": {"logits": 5}}),
    "quantised absent": put("quantised", {"separator": {"logits": "x.xml"}}),
    "quantised role": put("quantised", {"reader": {"logits": "x.xml"}}),
    # settings
    "settings list": put("settings", []),
    "settings unknown": put("settings", "nonsense", 1),
    "segment text": put("settings", "segment_seconds", "2"),
    "segment huge": put("settings", "segment_seconds", 1e9),
    "segment tiny": put("settings", "segment_seconds", 1e-9),
    "segment none": put("settings", "segment_seconds", 0.0),
    "segment infinite": put("settings", "segment_seconds", float("inf")),
    "segment no number": put("settings", "segment_seconds", float("nan")),
    "overlap negative": put("settings", "overlap_seconds", -0.5),
    "overlap no number": put("settings", "overlap_seconds", float("nan")),
    "edge huge": put("settings", "edge_seconds", 1e9),
    "edge negative": put("settings", "edge_seconds", -1),
    "threshold text": put("settings", "threshold", "0.2"),
    "threshold true": put("settings", "threshold", True),
    "threshold beyond": put("settings", "threshold", 10**400),
    "threshold no number": put("settings", "threshold", float("nan")),
    "prominence": put("settings", "prominence", float("inf")),
    "tree": put("settings", "tree", "no"),
    "model name": put("settings", "name", 5),
    "model name endless": put("settings", "name", "n" * 100_000),
    "model name lines": put("settings", "name", "a\nb"),
    "thresholds few": put("settings", "class_thresholds", [0.1]),
    "thresholds text": put("settings", "class_thresholds", ["a", "b", "c"]),
    "thresholds range": put("settings", "class_thresholds", [0.1, -7.0, 0.1]),
    "thresholds number": put("settings", "class_thresholds", 0.3),
    "known range": put("settings", "known", [0, 3]),
    "known negative": put("settings", "known", [-1]),
    "known huge": put("settings", "known", [10**30]),
    "known real": put("settings", "known", [0.5]),
    "known text": put("settings", "known", ["kettle"]),
    "known empty": put("settings", "known", []),
    "known number": put("settings", "known", 0),
    # classes and card
    "classes few": put("classes", ["kettle"]),
    "classes twice": put("classes", ["kettle", "kettle", "bell"]),
    "class empty": put("classes", ["kettle", "", "bell"]),
    "class blank": put("classes", ["kettle", "  ", "bell"]),
    "class number": put("classes", ["kettle", 1, "bell"]),
    "class lines": put("classes", ["kettle", "a\nb", "bell"]),
    "class long": put("classes", ["kettle", "a" * 10_000, "bell"]),
    "class list null": put("classes", None),
    "card text": put("about", "text"),
    "card null": put("about", None),
}  # fmt: skip


@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_description_is_refused_in_a_sentence(whole: Path, tmp_path: Path, what: str) -> None:
    with pytest.raises(UnweaveError) as caught:
        folder = damaged(whole, tmp_path / "m", HOSTILE[what])
        load_folder(folder)
        quantised_files(folder)
    sentence = str(caught.value)
    assert "\n" not in sentence and 20 < len(sentence) < 600, sentence


def test_the_model_that_was_not_touched_is_read(whole: Path, tmp_path: Path) -> None:
    model = load_folder(damaged(whole, tmp_path / "m", put("settings", "threshold", 0)))
    assert model.labels == CLASSES and model.settings.known == (0, 2) and model.settings.threshold == 0
    assert model.settings.class_thresholds == (0.1, 0.2, 0.3)
