from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import torch
from untrained import write_untrained

from unweave.inference.segmenting import Grid
from unweave.pretrained.folder import load_folder
from unweave.quantising.calibration import made_up_sounds, recorded_calls, sounds_of


def test_each_pair_is_a_call_of_each_trunk_and_the_separator_is_left_as_it_was(tmp_path: Path) -> None:
    model = load_folder(write_untrained(tmp_path))
    calls = recorded_calls(model, made_up_sounds(model, 6))
    assert calls["tagger"] == {}
    assert {name: len(rows) for name, rows in calls["separator"].items()} == {"features": 3, "logits": 3}
    assert not any(name in vars(model.separator) for name in model.separator.trunks)
    (features,) = calls["separator"]["features"][0]
    with torch.inference_mode():
        expected = model.separator.features(features)
    # What the encoder gave is what the decoder was called with, after the condition.
    for got, want in zip(calls["separator"]["logits"][0][1:], expected, strict=True):
        torch.testing.assert_close(got, want)


def test_sounds_are_the_loudest_segments_and_come_again_only_after_all(tmp_path: Path) -> None:
    model, rate = load_folder(write_untrained(tmp_path)), 16000
    (tmp_path / "sounds").mkdir()
    for number in range(3):
        wave = np.full(3 * rate, 0.001)
        wave[rate : 2 * rate] = 0.1 * (number + 1)
        soundfile.write(tmp_path / "sounds" / f"{number}.wav", wave, rate, "FLOAT")
    soundfile.write(tmp_path / "sounds" / "silent.wav", np.zeros(rate), rate)
    sounds = sounds_of(tmp_path / "sounds", model, 5)
    levels = [round(float(np.median(sound)), 2) for sound in sounds]
    assert sorted(levels[:3]) == [0.1, 0.2, 0.3] and levels[3:] == levels[:2]
    assert {len(sound) for sound in sounds} == {Grid.of(model).segment}


def test_made_up_sounds_are_repeated_exactly_and_within_full_scale(tmp_path: Path) -> None:
    model = load_folder(write_untrained(tmp_path))
    first, again = made_up_sounds(model, 8), made_up_sounds(model, 8)
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert all(0 < np.abs(sound).max() < 1 and sound.dtype == np.float32 for sound in first)
