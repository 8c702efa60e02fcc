import sys
import types

import numpy as np
import pytest

from unweave.data.teacher import Teacher
from unweave.errors import UnweaveError


class MeanInterpreter:
    """Stands in for LiteRT: scores of two classes, the mean of the patch and one minus it."""

    def __init__(self, path, num_threads) -> None:
        self.patch = np.zeros(15600, np.float32)

    def allocate_tensors(self) -> None:
        pass

    def get_input_details(self):
        return [{"index": 0, "shape": np.array([15600])}]

    def get_output_details(self):
        return [{"index": 1}]

    def set_tensor(self, index, patch) -> None:
        self.patch = patch

    def invoke(self) -> None:
        pass

    def get_tensor(self, index):
        mean = float(self.patch.mean())
        return np.array([[mean, 1 - mean, 0.5]], np.float32)


@pytest.fixture
def teacher(tmp_path, monkeypatch):
    module = types.ModuleType("ai_edge_litert.interpreter")
    module.Interpreter = MeanInterpreter
    monkeypatch.setitem(sys.modules, "ai_edge_litert", types.ModuleType("ai_edge_litert"))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
    (tmp_path / "classes.csv").write_text("index,mid,display_name\n0,/m/0bt9lr,Dog\n1,/m/06mb1,Rain\n2,/m/none,Other\n")
    return Teacher("model.tflite", tmp_path / "classes.csv")


def test_scores_go_to_the_classes_of_their_mids_and_the_rest_is_unknown(teacher):
    scores = teacher(np.full(32000 * 2, 0.25, np.float32), 32000)
    dog, rain = 74, 289
    assert scores[:, dog] == pytest.approx(0.25, abs=0.01) and scores[:, rain] == pytest.approx(0.75, abs=0.01)
    assert np.isnan(np.delete(scores, [dog, rain], axis=1)).all()


def test_patches_are_half_a_second_apart_and_a_short_clip_has_one(teacher):
    assert len(teacher(np.zeros(16000 * 5, np.float32), 16000)) == 1 + int((5 * 16000 - 15600) / 7680)
    assert len(teacher(np.zeros(100, np.float32), 16000)) == 1


def test_a_missing_runtime_is_said(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(UnweaveError, match="ai-edge-litert"):
        Teacher("model.tflite", tmp_path / "classes.csv")
