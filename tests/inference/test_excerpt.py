"""A stretch that is kept while a recording is heard in blocks of any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import RATE, tiny_model, tones

from unweave.errors import UnweaveError
from unweave.inference import excerpt as module
from unweave.inference.excerpt import Excerpt

X = np.concatenate([tones(8, spans={1: (1, 6)}), 0.5 * tones(8, spans={3: (2, 7)})])


def heard(start: float, end: float | None, size: int, x: np.ndarray = X, samples: int | None = None) -> Excerpt:
    excerpt = Excerpt(RATE, start, end, samples)
    for place in range(0, x.shape[1], size):
        block = x[:, place : place + size].copy()
        excerpt.hear(block)
        block[:] = np.nan  # what is kept is a copy
    return excerpt


@pytest.mark.parametrize("size", [1000, RATE, 10**6])
def test_it_does_not_depend_on_the_blocks(size: int) -> None:
    model = tiny_model()
    vector, probabilities = heard(1.3, 5.7, size).condition(model)
    whole, whole_probabilities = heard(0, None, X.shape[1], X[:, round(1.3 * RATE) : round(5.7 * RATE)]).condition(
        model
    )
    assert torch.equal(vector, whole) and np.array_equal(probabilities, whole_probabilities)
    assert vector.shape == (527,) and probabilities.shape == (527,)


def test_channels_that_cancel_each_other_are_heard_still() -> None:
    tone = tones(3, spans={1: (0, 3)})[0]
    _, probabilities = heard(0, 2, 999, np.stack([tone, -tone])).condition(tiny_model())
    assert probabilities[74] > 0.9


def test_segments_of_a_long_stretch_are_averaged() -> None:
    vector, _ = heard(1, 5, 4000, tones(6, spans={1: (1, 2), 3: (2, 5)})).condition(tiny_model())
    assert vector[74] == pytest.approx(0.25, abs=0.02) and vector[289] == pytest.approx(0.75, abs=0.02)


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_SECONDS", 2.0)
    excerpt = heard(1, None, 5000)
    assert sum(part.size for part in excerpt._mono) + excerpt._held_samples <= 2 * RATE
    assert excerpt.times == (1, 8)
    vector, _ = excerpt.condition(tiny_model())
    assert torch.equal(vector, heard(1, 3, 5000).condition(tiny_model())[0])


def test_times_end_with_the_recording_and_begin_within_it() -> None:
    assert heard(2, 99, 5000).times == (2, 8) and heard(2, 3, 5000).times == (2, 3)
    with pytest.raises(UnweaveError, match="ends at 0:08"):
        Excerpt(RATE, 8, 9, X.shape[1])
    with pytest.raises(UnweaveError, match="ends at 0:08"):
        heard(8, 9, 5000).condition(tiny_model())
