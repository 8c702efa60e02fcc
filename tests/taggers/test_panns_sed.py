from __future__ import annotations

import pytest
import torch

from unweave.taggers.panns_sed import PannsDetector


@pytest.fixture(scope="module")
def detector() -> PannsDetector:
    torch.manual_seed(0)
    return PannsDetector([4, 8, 16], kernel=3, convolutions=1, pools=2, classes=5).eval()


@pytest.mark.parametrize("samples", [1, 319, 320, 32000, 32001])
def test_a_hundred_frames_a_second(detector, samples):
    tags = detector(torch.randn(2, samples))
    assert tags.frames.shape == (2, samples // 320 + 1, 5)


def test_decisions_are_held_and_the_last_one_goes_on(detector):
    frames = detector(torch.randn(1, 320 * 30)).frames[0]  # 31 frames: 7 steps of 4 frames and 3 frames more
    steps = frames[::4][:7]
    torch.testing.assert_close(frames[:28], steps.repeat_interleave(4, dim=0))
    torch.testing.assert_close(frames[28:], steps[-1].expand(3, 5))
    assert not torch.equal(steps[0], steps[-1])


def test_the_clip_is_its_loudest_frame(detector):
    tags = detector(torch.randn(1, 320 * 30))
    torch.testing.assert_close(tags.clip, tags.frames.amax(dim=1))


def test_a_burst_changes_the_frames_around_it_alone(detector):
    quiet = torch.zeros(1, 64000)
    loud = quiet.clone()
    loud[:, 32000:33000] = torch.randn(1000, generator=torch.Generator().manual_seed(3))
    change = (detector(loud).frames - detector(quiet).frames).abs().amax(dim=2)[0]
    assert change.argmax() in range(80, 125)
    assert change[:60].max() < 1e-6
    assert change[150:].max() < 1e-6
