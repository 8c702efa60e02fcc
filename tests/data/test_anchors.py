import numpy as np
import torch

from unweave.data.anchors import anchor_scores, detector_anchors, near_best_anchor, random_anchors


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


def test_random_anchors_stay_inside_and_cover_the_clip():
    starts = random_anchors(torch.full((2000,), 10.0), 2.0, torch.Generator().manual_seed(0))
    assert starts.min() >= 0 and starts.max() <= 8.0
    assert starts.min() < 0.2 and starts.max() > 7.8  # not only the first second
    assert random_anchors(torch.tensor([1.0]), 2.0, torch.Generator().manual_seed(0)).item() == 0.0
