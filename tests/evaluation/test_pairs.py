import numpy as np
import pytest
from sounds import write_collection
from tiny import tiny_model

from unweave.errors import UnweaveError
from unweave.evaluation.pairs import ideal_ratio_mask, measure_pairs


def test_every_class_is_measured_on_held_out_clips_and_the_same_each_time(tmp_path):
    index = write_collection(tmp_path)
    model = tiny_model()
    one, two = (measure_pairs(model, str(index), "made", each=2, seconds=1.0) for _ in range(2))
    assert one.model == two.model
    assert sorted(one.model) == ["Church bell", "Dog", "Rain", "Siren", "Speech"]
    assert all(len(values) == 2 for values in one.model.values())
    assert 0 <= one.right <= 1


def test_the_ideal_ratio_mask_is_far_better_than_the_mixture():
    time = np.arange(32000) / 32000
    first = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    second = np.random.default_rng(0).standard_normal(32000).astype(np.float32)
    error = ideal_ratio_mask(first, second) - first
    assert np.square(error).sum() < 0.05 * np.square(second).sum()


def test_a_collection_without_valid_clips_is_said(tmp_path):
    with pytest.raises(UnweaveError, match="no valid clips"):
        measure_pairs(tiny_model(), str(write_collection(tmp_path)), "another")
