from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import INDEXES, RATE, tiny_model, tones

from unweave.inference import tagging
from unweave.inference.recording import ArrayRecording
from unweave.inference.segmenting import Grid, Segmenter
from unweave.inference.tagging import FRAMES_PER_SECOND, downmix, tag_segments


@pytest.mark.parametrize("seconds", [0.5, 1.0, 5.3])
def test_tagger_hears_every_segment_once(seconds: float) -> None:
    model = tiny_model()
    tags = tag_segments(model, ArrayRecording(tones(seconds), RATE), batch=3)
    expected = max(1, int(np.ceil((seconds - 0.25) / 0.75 - 1e-9)))
    assert model.tagger.heard == len(tags.clip) == len(tags.starts) == expected
    assert tags.samples == round(seconds * RATE)


@pytest.mark.parametrize("batch", [1, 2, 8])
@pytest.mark.parametrize("rate", [RATE, 44100])
def test_same_whatever_the_batch(batch: int, rate: int) -> None:
    x = tones(6, rate, {0: (0, 2.5), 3: (2, 6)})
    whole = tag_segments(tiny_model(), ArrayRecording(x, rate), batch=64)
    parts = tag_segments(tiny_model(), ArrayRecording(x, rate), batch=batch)
    assert np.abs(whole.clip - parts.clip).max() < 1e-5
    mask = np.zeros(527, bool)
    mask[INDEXES[3]] = True
    assert np.abs(whole.curve(mask) - parts.curve(mask)).max() < 1e-3


def test_curve_follows_the_sound() -> None:
    tags = tag_segments(tiny_model(), ArrayRecording(tones(6, spans={0: (0, 6), 1: (2, 4)}), RATE))
    mask = np.zeros(527, bool)
    mask[INDEXES[1]] = True
    curve = tags.curve(mask)
    assert len(curve) == 6 * FRAMES_PER_SECOND
    assert curve[22:38].min() > 0.4 and curve[:18].max() < 0.1 and curve[42:58].max() < 0.1
    assert np.allclose(tags.curve(mask, np.full(527, 2, np.float32)), 2 * curve)


def test_classes_that_never_rise_are_not_kept() -> None:
    tags = tag_segments(tiny_model(), ArrayRecording(tones(4, spans={2: (0, 4)}), RATE))
    assert set(tags.frames) == {INDEXES[2]}


def test_silence_is_not_heard() -> None:
    model = tiny_model()
    tags = tag_segments(model, ArrayRecording(np.zeros((2, 5 * RATE), np.float32), RATE))
    assert model.tagger.heard == 0 and not tags.clip.any() and tags.seconds == 5


def test_opposite_channels_are_still_heard() -> None:
    x = tones(2, spans={1: (0, 2)})
    tags = tag_segments(tiny_model(), ArrayRecording(np.concatenate([x, -x]), RATE))
    assert tags.clip[0, INDEXES[1]] > 0.9


def test_downmix_is_the_mean_unless_it_cancels() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 1000)).astype(np.float32)
    assert np.allclose(downmix(x), x.mean(axis=0))
    assert np.array_equal(downmix(np.stack([x[0], -0.99 * x[0]])), x[0])
    only = np.zeros((6, 1000), np.float32)
    only[4] = x[0]
    assert np.allclose(downmix(only), x[0] / 6)


def test_segments_of_a_short_recording_are_kept_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    model, recording = tiny_model(), ArrayRecording(tones(3.3, 11025), 11025)
    assert tag_segments(model, recording).segments is None
    kept = tag_segments(model, recording, batch=1, keep=True).segments
    segmenter = Segmenter(11025, 1, Grid.of(model))
    assert kept is not None
    for own, other in zip(kept, segmenter.push(recording.audio) + segmenter.finish(), strict=True):
        np.testing.assert_array_equal(own, other)
    monkeypatch.setattr(tagging, "MOST_KEPT", sum(segment.size for segment in kept) - 1)
    assert tag_segments(model, recording, keep=True).segments is None


def test_what_a_separator_is_told_may_be_another_thing_than_what_is_heard() -> None:
    x = tones(3, spans={0: (0, 3), 1: (0, 3)})
    plain, other = tiny_model(normalise=False), tiny_model(normalise=False)
    hear = other.tagger.forward
    other.tagger.forward = lambda waveform: replace(hear(waveform), own=torch.zeros(len(waveform), 527))
    heard, told_nothing = (tag_segments(model, ArrayRecording(x, RATE)) for model in (plain, other))
    assert heard.told is heard.clip
    assert np.array_equal(told_nothing.clip, heard.clip) and not told_nothing.told.any()
    (dog, _), (silence, rest) = (model.separate(x, RATE, classes=["Dog"], residual=True) for model in (plain, other))
    assert dog.name == silence.name == "Dog" and np.abs(dog.audio).max() > 0.1
    assert not silence.audio.any() and np.allclose(rest.audio, x, atol=1e-6)
