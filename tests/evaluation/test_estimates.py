"""Many mixtures at once give what each gives alone, whatever the batch; joins leave no trace."""

import numpy as np
import pytest
import torch
from sets import tone
from tiny import RATE, tiny_model

from unweave.evaluation.estimates import cut_segments, estimate
from unweave.inference.segmenting import Grid


def told(band, segments):
    vector = torch.zeros(527)
    vector[[0, 74, 396, 289][band]] = 1
    return vector.expand(segments, -1)


def segments_of(model, wave):
    return len(cut_segments(wave, Grid.of(model)))


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_mixtures_of_different_lengths_and_channels_do_not_mind_each_other(batch):
    model = tiny_model()
    mixtures = [
        (tone(0, 1.0) + tone(2, 1.0))[None],
        np.stack([tone(0, 3.3), tone(3, 3.3)]),
        tone(1, 0.4)[None],
    ]
    asked = [
        {"a": told(0, segments_of(model, mixtures[0])), "b": told(2, segments_of(model, mixtures[0]))},
        {"b": told(3, segments_of(model, mixtures[1]))},
        {},
    ]
    results = estimate(model, mixtures, asked, batch)
    alone = [estimate(model, [mixture], [ways], 8)[0] for mixture, ways in zip(mixtures, asked, strict=True)]
    assert [set(result) for result in results] == [{"a", "b"}, {"b"}, set()]
    for result, single in zip(results, alone, strict=True):
        for way, wave in result.items():
            np.testing.assert_allclose(wave, single[way], atol=1e-6)
    assert results[1]["b"].shape == mixtures[1].shape
    np.testing.assert_allclose(results[0]["a"][0], tone(0), atol=0.02)
    assert not results[1]["b"][0].any() or np.abs(results[1]["b"][0]).max() < 0.02


def test_the_identity_comes_back_without_a_seam():
    model = tiny_model(identity=True)
    wave = np.random.default_rng(0).standard_normal((2, 5 * RATE + 17)).astype(np.float32)
    ways = {"x": told(0, segments_of(model, wave))}
    np.testing.assert_allclose(estimate(model, [wave], [ways])[0]["x"], wave, atol=1e-6)


def test_what_drowns_the_rest_is_raised_as_in_the_pipeline():
    rng = np.random.default_rng(0)
    wave = (tone(0, 3.3)[None] + 0.05 * rng.standard_normal(round(3.3 * RATE))).astype(np.float32)
    plain, raised = tiny_model(), tiny_model(prominence=1.0)
    ways = {"x": told(0, segments_of(plain, wave))}
    first, second = (estimate(model, [wave], [ways])[0]["x"] for model in (plain, raised))
    assert np.abs(first - second).max() > 1e-4
    track = raised.separate(wave, RATE, classes="Speech", threshold=0.0)[0]
    np.testing.assert_allclose(second, track.audio, atol=1e-5)


def test_a_sound_shorter_than_a_segment_is_repeated_to_its_end():
    """A model that has learnt from anchors of 1 s is not shown one with 0.6 s of silence (Table 6)."""
    grid = Grid.of(tiny_model(overlap_seconds=0.0))
    wave = np.random.default_rng(0).standard_normal((2, round(0.4 * RATE))).astype(np.float32)
    (repeated,), (silent,) = cut_segments(wave, grid), cut_segments(wave, grid, repeat=False)
    assert repeated.shape == silent.shape == (2, RATE)
    np.testing.assert_array_equal(repeated, np.tile(wave, 3)[:, :RATE])
    np.testing.assert_array_equal(silent[:, : wave.shape[1]], wave)
    assert not silent[:, wave.shape[1] :].any()
    longer = np.concatenate([wave, wave, wave, wave], axis=1)
    np.testing.assert_array_equal(cut_segments(longer, grid), cut_segments(longer, grid, repeat=False))


@pytest.mark.parametrize("repeat", [True, False])
def test_of_a_repeated_sound_the_first_time_comes_back(repeat):
    model = tiny_model(identity=True, overlap_seconds=0.0)
    wave = np.random.default_rng(0).standard_normal((1, round(0.4 * RATE))).astype(np.float32)
    (found,) = estimate(model, [wave], [{"x": told(0, 1)}], repeat=repeat)
    np.testing.assert_allclose(found["x"], wave, atol=1e-6)
