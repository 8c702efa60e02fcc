import numpy as np
import pytest
import torch

from unweave.data.anchors import (
    anchor_samples,
    anchor_scores,
    class_curve,
    cut,
    detector_anchors,
    near_best_anchor,
)
from unweave.errors import UnweaveError


def burst(start: int, stop: int, frames: int = 125) -> torch.Tensor:
    curve = torch.full((1, frames), 0.05)
    curve[0, start:stop] = 0.9
    return curve


def test_the_detector_finds_a_planted_burst():
    # 10 s at 12.5 frames/s, the class sounds from 6.4 to 7.2 s: a 2 s anchor must hold all of it.
    start = detector_anchors(burst(80, 90), seconds=2.0, frame_rate=12.5).item()
    assert start <= 80 / 12.5 + 1e-4 and start + 2.0 >= 90 / 12.5 - 1e-4


def test_scores_are_means_over_the_anchor():
    scores = anchor_scores(torch.arange(10.0)[None], seconds=2.0, frame_rate=2.0)
    assert torch.allclose(scores, torch.tensor([[1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]]))


def test_a_clip_shorter_than_an_anchor_has_one_place():
    assert anchor_scores(torch.ones(2, 5), seconds=2.0, frame_rate=12.5).shape == (2, 1)


def test_near_best_anchors_hold_nearly_all_of_the_burst_and_vary():
    rng = np.random.default_rng(0)
    curve = burst(80, 90)[0].numpy()
    starts = {near_best_anchor(curve, 2.0, 12.5, 0.9, rng) for _ in range(50)}
    assert len(starts) > 5
    assert all(start <= 81 / 12.5 and start + 2.0 >= 89 / 12.5 for start in starts)


def test_a_curve_is_that_of_the_class_drawn_or_of_the_likeliest():
    frames = torch.tensor([[[0.1, 0.9], [0.2, 0.3]], [[0.4, 0.8], [0.7, 0.5]]])  # (B, F, K)
    assert torch.equal(class_curve(frames, torch.tensor([0, -1])), torch.tensor([[0.1, 0.2], [0.8, 0.7]]))


def test_a_cut_is_the_samples_from_its_start_and_silence_outside_the_clip():
    clips = torch.arange(1.0, 13.0).reshape(2, 6)
    assert cut(clips, torch.tensor([1, 4]), 3).tolist() == [[2, 3, 4], [11, 12, 0]]
    several = cut(clips, torch.tensor([[0, 5], [-1, 9]]), 2)
    assert several.tolist() == [[[1, 2], [6, 0]], [[0, 7], [0, 0]]]
    assert cut(clips, torch.tensor([0, 0]), 8)[0].tolist() == [1, 2, 3, 4, 5, 6, 0, 0]


def test_an_anchor_holds_a_sample():
    assert anchor_samples(0.5, 32000) == 16000
    with pytest.raises(UnweaveError, match="no sample"):
        anchor_samples(0.0, 32000)
