"""`quality="high"`: what is not recognised at its own speed may be at another one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import RATE, tiny_model

from unweave.errors import UnweaveError
from unweave.inference.views import SPEEDS, check_quality, fitted, joined, played
from unweave.separators.base import Encoding, Separator

SECONDS = 2.0


def tone(frequency: float, seconds: float = SECONDS) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.2 * np.sin(2 * np.pi * frequency * time)).astype(np.float32)[None]


def loudest(wave: np.ndarray) -> float:
    """Frequency of the loudest bin, Hz."""
    return float(np.abs(np.fft.rfft(wave)).argmax() * RATE / wave.shape[-1])


class Picky(Separator):
    """Knows sounds between two frequencies, and takes everything else for silence."""

    sample_rate = RATE
    condition_dim = 527

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low, self.high, self.lengths = low, high, set[int]()

    def encode(self, mixture: torch.Tensor) -> Encoding:
        self.lengths.add(mixture.shape[1])
        return Encoding({"mixture": mixture}, mixture.shape[1])

    def decode(self, encoding: Encoding, condition: torch.Tensor) -> torch.Tensor:
        (mixture,) = encoding.tensors.values()
        known = [self.low < loudest(row.numpy()) < self.high for row in mixture]
        return mixture * torch.tensor(known)[:, None]


@pytest.mark.parametrize("speed", [0.84, 1.19, 1.5])
def test_what_is_played_faster_is_shorter_and_higher_and_comes_back(speed: float) -> None:
    segments = np.stack([np.concatenate([tone(300), tone(700)]), np.concatenate([tone(500), 0 * tone(1)])])
    faster = played(segments, speed, RATE)
    assert faster.shape == (2, 2, round(segments.shape[2] / speed))
    assert loudest(faster[0, 1]) == pytest.approx(700 * speed, rel=0.01)
    back = fitted(played(faster, 1 / speed, RATE), segments.shape[2])
    middle = slice(RATE // 4, -RATE // 4)
    assert np.abs(back - segments)[..., middle].max() < 1e-3 and not back[1, 1].any()


def test_lengths_fit() -> None:
    assert fitted(np.ones((2, 5)), 3).shape == (2, 3)
    assert fitted(np.ones((2, 3)), 5)[0].tolist() == [1, 1, 1, 0, 0]


def test_silent_views_take_nothing_away_and_others_count_by_their_energy() -> None:
    one, other = tone(300), tone(700)
    assert np.array_equal(joined([0 * one, one, 0 * one]), one)
    assert not joined([0 * one, 0 * one]).any()
    np.testing.assert_allclose(joined([2 * one, other]), 0.8 * (2 * one) + 0.2 * other, atol=1e-4)
    np.testing.assert_allclose(joined([one, one]), one, atol=1e-6)


@pytest.mark.parametrize("frequency", [900.0, 1230.0])
def test_what_is_known_at_another_speed_is_found(frequency: float) -> None:
    """Of the sounds that are played, those of 1 kHz are known: slower or faster, these are."""
    sound = tone(frequency, 3.0)
    model = tiny_model()
    model.separator = Picky(1000, 1100)
    for quality, share in (("fast", 0), ("high", 1)):
        (track,) = model.separate(sound, RATE, classes=["Dog"], residual=False, quality=quality)
        assert np.square(track.audio).sum() / np.square(sound).sum() == pytest.approx(share, abs=0.02), quality
    assert len(model.separator.lengths) == 1 + len(SPEEDS["high"])


class Unsure(Separator):
    """Answers faintly to a name alone, and all of it to one that says more."""

    sample_rate = RATE
    condition_dim = 527

    def encode(self, mixture: torch.Tensor) -> Encoding:
        return Encoding({"mixture": mixture}, mixture.shape[1])

    def decode(self, encoding: Encoding, condition: torch.Tensor) -> torch.Tensor:
        (mixture,) = encoding.tensors.values()
        return mixture * torch.where((condition > 0).sum(1) > 1, 1.0, 0.05)[:, None]


def test_a_name_is_told_again_with_what_its_answer_is_heard_as() -> None:
    sound = tone(1100, 3.0) + tone(440, 3.0)
    model = tiny_model()
    model.separator = Unsure()
    energies = {}
    for quality in SPEEDS:
        (track,) = model.separate(sound, RATE, classes=["Dog"], residual=False, quality=quality)
        energies[quality] = float(np.square(track.audio).sum() / np.square(sound).sum())
    assert energies["fast"] == pytest.approx(0.05**2, rel=0.01) and energies["high"] > 0.9
    model = tiny_model(normalise=False)  # the paper's condition has no names of its own
    model.separator = Unsure()
    assert model.separate(sound, RATE, classes=["Dog"], quality="high")


def test_each_view_is_heard_for_itself_and_tracks_still_add_up() -> None:
    model, heard = tiny_model(), set()
    hear = model.tagger.forward
    model.tagger.forward = lambda wave: heard.add(wave.shape[1]) or hear(wave)  # type: ignore[method-assign]
    sound = np.concatenate([tone(300, 3), tone(500, 3)])
    tracks = model.separate(sound, RATE, classes=["Dog", "Speech"], quality="high")
    assert len(heard) == 1 + len(SPEEDS["high"])
    assert np.abs(sum(track.audio for track in tracks) - sound).max() < 1e-6


def test_fast_is_what_one_gets_without_asking() -> None:
    model, sound = tiny_model(), tone(1100, 2) + tone(440, 2)
    asked, unasked = (model.separate(sound, RATE, classes=["Dog"], **given)[0] for given in ({"quality": "fast"}, {}))
    assert np.array_equal(asked.audio, unasked.audio)
    changed = {quality: model.remix(sound, RATE, keep="Dog", quality=quality).audio for quality in SPEEDS}
    assert not np.array_equal(*changed.values()), "a change is made of the same tracks"


@pytest.mark.parametrize("quality", ["best", "", "HIGH", None, 2, ["high"]])
def test_other_qualities_are_refused_in_words(quality: object) -> None:
    with pytest.raises(UnweaveError, match="The quality is fast or high, not"):
        check_quality(quality)
    with pytest.raises(UnweaveError, match="The quality is fast or high, not"):
        tiny_model().separate(tone(500), RATE, quality=quality)  # type: ignore[arg-type]
