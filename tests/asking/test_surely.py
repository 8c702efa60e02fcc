from __future__ import annotations

import numpy as np
import pytest

from unweave.asking.surely import heard_together, how_surely


def test_classes_that_cannot_be_told_apart_count_together_and_never_more_than_surely() -> None:
    together = heard_together(np.array([[0.3, 0.3, 0.3], [0.9, 0.0, 0.0], [0.9, 0.9, 0.9], [0, 0, 0]], np.float32))
    assert together.tolist() == pytest.approx([0.6, 0.9, 0.95, 0.0])
    assert heard_together(np.zeros((3, 0), np.float32)).tolist() == [0, 0, 0]


def test_what_sounds_long_needs_less_and_silence_around_it_changes_nothing() -> None:
    short, long = np.array([0.5], np.float32), np.full(8, 0.5, np.float32)
    assert how_surely(short, 0.04) == pytest.approx(0.5) and how_surely(long, 0.04) == pytest.approx(0.62)
    assert how_surely(np.concatenate([long, np.zeros(100, np.float32)]), 0.04) == pytest.approx(0.62)
    assert how_surely(long, 0.0) == pytest.approx(0.5)
