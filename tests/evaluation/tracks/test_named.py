from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted_scenes import benchmark, scene
from tiny import tiny_model

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Scene
from unweave.evaluation.tracks.named import NamedMeasurer
from unweave.model import Model
from unweave.ontology import Ontology

DOG, SIREN, ANIMAL = (Ontology().find(name).mid for name in ("Dog", "Siren", "Animal"))
BOTH = scene("both", (0, 1.0, 4.0), (1, 2.0, 4.0))


@pytest.fixture
def scenes(tmp_path: Path) -> Benchmark:
    return replace(benchmark(tmp_path, BOTH), metrics=("named",), summary="mean")


def ask(scenes: Benchmark, mid: str, model: Model | None = None, of: Scene = BOTH) -> dict[str, dict[str, float]]:
    rows = NamedMeasurer(model or tiny_model(), scenes)([replace(of, asked=mid, part="0 dB")])
    assert [row["part"] for row in rows] == ["0 dB", "0 dB"]
    return {str(row["system"]): {k: float(row[k]) for k in NamedMeasurer.columns} for row in rows}


def test_what_is_there_gets_better_while_it_sounds(scenes: Benchmark) -> None:
    found = ask(scenes, DOG)
    assert found["mixture"]["sdri"] == 0 and abs(found["mixture"]["sdr"]) < 2  # speech sounds half of the time
    assert found["onehot"]["sdri"] > 10 and math.isnan(found["onehot"]["suppression"])
    assert found["onehot"]["sdr"] == pytest.approx(found["mixture"]["sdr"] + found["onehot"]["sdri"])


def test_a_class_above_the_sound_asks_for_it_too(scenes: Benchmark) -> None:
    assert ask(scenes, ANIMAL)["mixture"] == pytest.approx(ask(scenes, DOG)["mixture"], nan_ok=True)


def test_what_is_not_there_is_silence(scenes: Benchmark) -> None:
    found = ask(scenes, SIREN)
    assert found["mixture"]["suppression"] == pytest.approx(0) and found["onehot"]["suppression"] > 20
    assert math.isnan(found["onehot"]["sdri"])
    same = ask(scenes, SIREN, tiny_model(identity=True, class_gate=0.0, class_share=0.0))
    assert same["onehot"]["suppression"] == pytest.approx(0, abs=0.1)


def test_a_class_that_is_not_known_has_no_figure(scenes: Benchmark, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise UnweaveError("not learnt")

    model = tiny_model()
    monkeypatch.setattr(model, "separate", refuse)
    with pytest.raises(UnweaveError, match="not learnt"):  # it knows the class: something else is wrong
        ask(scenes, DOG, model)
    monkeypatch.setattr("unweave.evaluation.tracks.named.known_mask", lambda model: np.zeros(527, bool))
    found = ask(scenes, DOG, model)
    assert math.isnan(found["onehot"]["sdri"]) and not math.isnan(found["mixture"]["sdr"])


def test_a_scene_that_asks_for_nothing_is_said(scenes: Benchmark) -> None:
    with pytest.raises(UnweaveError, match="asks for a class"):
        NamedMeasurer(tiny_model(), scenes)([BOTH])
