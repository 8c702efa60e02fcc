import sys
import types

import numpy as np
import pytest

from unweave.data.teacher import Teacher
from unweave.data.vocabulary import Vocabulary
from unweave.errors import UnweaveError


class MeanInterpreter:
    """Stands in for LiteRT: scores of two classes, the mean of the patch and one minus it."""

    def __init__(self, path, num_threads, experimental_preserve_all_tensors=False) -> None:
        self.patch = np.zeros(15600, np.float32)
        self.keeps = experimental_preserve_all_tensors

    def allocate_tensors(self) -> None:
        pass

    def get_input_details(self):
        return [{"index": 0, "shape": np.array([15600])}]

    def get_output_details(self):
        return [{"index": 1, "shape": np.array([1, 3])}]

    def get_tensor_details(self):
        names = {1: ("scores", 0.0, 0), 2: ("net/below", 0.5, -3), 3: ("net/lower", 0.0, 0), 4: ("other", 0.0, 0)}
        return [{"index": i, "name": name, "quantization": (scale, zero)} for i, (name, scale, zero) in names.items()]

    def set_tensor(self, index, patch) -> None:
        self.patch = patch

    def invoke(self) -> None:
        pass

    def get_tensor(self, index):
        mean = float(self.patch.mean())
        if index > 1:
            assert self.keeps, "what lies between input and output is gone"
            return np.array([[[round(8 * mean), 5]]], np.int8) if index == 2 else np.array([[mean, 5]], np.float32)
        return np.array([[mean, 1 - mean, 0.5]], np.float32)


@pytest.fixture
def teacher(tmp_path, monkeypatch):
    module = types.ModuleType("ai_edge_litert.interpreter")
    module.Interpreter = MeanInterpreter
    monkeypatch.setitem(sys.modules, "ai_edge_litert", types.ModuleType("ai_edge_litert"))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
    (tmp_path / "classes.csv").write_text("index,mid,display_name\n0,/m/0bt9lr,Dog\n1,/m/06mb1,Rain\n2,/m/none,Other\n")
    (tmp_path / "model.tflite").touch()
    return Teacher(tmp_path / "model.tflite", tmp_path / "classes.csv")


def test_scores_go_to_the_classes_of_their_mids_and_the_rest_is_unknown(teacher):
    scores, features = teacher(np.full(32000 * 2, 0.25, np.float32), 32000)
    assert features is None
    dog, rain = 74, 289
    assert scores[:, dog] == pytest.approx(0.25, abs=0.01) and scores[:, rain] == pytest.approx(0.75, abs=0.01)
    assert np.isnan(np.delete(scores, [dog, rain], axis=1)).all()


def test_patches_are_half_a_second_apart_and_a_short_clip_has_one(teacher):
    assert len(teacher(np.zeros(16000 * 5, np.float32), 16000)[0]) == 1 + int((5 * 16000 - 15600) / 7680)
    assert len(teacher(np.zeros(100, np.float32), 16000)[0]) == 1


def test_a_layer_is_given_beside_the_scores_as_numbers_whatever_it_is_kept_as(teacher, tmp_path):
    files = tmp_path / "model.tflite", tmp_path / "classes.csv"
    wave = np.full(16000, 0.25, np.float32)
    scores, features = Teacher(*files, layer="below")(wave, 16000)
    assert scores[0, 74] == pytest.approx(0.25) and features.tolist() == [[0.5 * (2 + 3), 0.5 * (5 + 3)]]
    assert Teacher(*files, layer="net/lower")(wave, 16000)[1] == pytest.approx(np.array([[0.25, 5]]))
    with pytest.raises(UnweaveError, match="0 tensors"):
        Teacher(*files, layer="above")
    with pytest.raises(UnweaveError, match="2 tensors of .* end in 'r'"):
        Teacher(*files, layer="r")


def test_a_missing_runtime_is_said(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(UnweaveError, match="unweave\\[teacher\\]"):
        Teacher("model.tflite", tmp_path / "classes.csv")


def test_classes_of_ones_own_are_found_by_their_mids(teacher, tmp_path):
    own = Vocabulary(("drizzle", "my kettle"), ("/m/06mb1", ""))
    scores = Teacher(tmp_path / "model.tflite", tmp_path / "classes.csv", own)(np.full(16000, 0.25, np.float32), 16000)[
        0
    ]
    assert scores[:, 0] == pytest.approx(0.75, abs=0.01) and np.isnan(scores[:, 1]).all()
    with pytest.raises(UnweaveError, match="none of the 1 classes"):
        Teacher(tmp_path / "model.tflite", tmp_path / "classes.csv", Vocabulary.own(["my kettle"]))


def test_files_that_are_no_pair_are_said(teacher, tmp_path):
    with pytest.raises(UnweaveError, match="no teacher"):
        Teacher(tmp_path / "none.tflite", tmp_path / "classes.csv")
    with pytest.raises(UnweaveError, match="no list"):
        Teacher(tmp_path / "model.tflite", tmp_path / "none.csv")
    (tmp_path / "two.csv").write_text("index,mid\n0,/m/0bt9lr\n1,/m/06mb1\n")
    with pytest.raises(UnweaveError, match="no pair"):
        Teacher(tmp_path / "model.tflite", tmp_path / "two.csv")
    (tmp_path / "other.csv").write_text("index,name\n0,Dog\n")
    with pytest.raises(UnweaveError, match="column mid"):
        Teacher(tmp_path / "model.tflite", tmp_path / "other.csv")
