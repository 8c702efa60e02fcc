from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from tiny import INDEXES, RATE, tiny_model, tones

from unweave.errors import UnweaveError
from unweave.inference.query import query_condition


def write(path: Path, x: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, x.T, rate)
    return path


def test_example_asks_for_its_class_at_any_rate_length_and_channels(tmp_path: Path) -> None:
    for name, x, rate in (
        ("short.wav", tones(0.15, spans={2: (0, 1)}), RATE),
        ("long.flac", tones(3.3, 44100, {2: (0, 4)}), 44100),
        ("stereo.wav", tones(1, spans={2: (0, 1)}).repeat(2, 0), RATE),
    ):
        vector = query_condition(tiny_model(), write(tmp_path / name, x, rate))
        assert vector.shape == (527,) and int(vector.argmax()) == INDEXES[2] and float(vector.max()) > 0.95


def test_silence_around_the_sound_does_not_count(tmp_path: Path) -> None:
    x = tones(1, spans={0: (0, 1)})
    padded = np.pad(x, ((0, 0), (5 * RATE, 9 * RATE)))
    plain = query_condition(tiny_model(), write(tmp_path / "a.wav", x))
    torch.testing.assert_close(
        query_condition(tiny_model(), write(tmp_path / "b.wav", padded)), plain, atol=1e-2, rtol=0
    )


def test_a_longer_example_is_the_average_of_its_segments(tmp_path: Path) -> None:
    """Equation 9 within a file: a dog in one segment and a siren in the next ask for both alike."""
    x = tones(2, spans={1: (0, 1), 2: (1, 2)})
    vector = query_condition(tiny_model(normalise=False), write(tmp_path / "x.wav", x))
    assert [float(vector[INDEXES[1]]), float(vector[INDEXES[2]])] == pytest.approx([0.5, 0.5], abs=0.05)


def test_a_short_example_fills_its_segment(tmp_path: Path) -> None:
    model, heard = tiny_model(), []
    assert model.tagger is not None
    model.tagger.register_forward_pre_hook(lambda _, given: heard.append(given[0].clone()))
    query_condition(model, write(tmp_path / "x.wav", tones(0.3, spans={2: (0, 1)})))
    (segment,) = heard
    assert segment.shape == (1, RATE)
    loud = segment[0].unfold(0, RATE // 20, RATE // 20).square().mean(1)
    assert float(loud.min()) > 0.5 * float(loud.max()), "nowhere silence, in all of its 1 s"


def test_folder_is_the_average_of_its_files(tmp_path: Path) -> None:
    a = write(tmp_path / "f" / "a.wav", tones(1, spans={0: (0, 1)}))
    b = write(tmp_path / "f" / "deep" / "b.wav", tones(4, spans={3: (0, 4)}))
    write(tmp_path / "f" / ".hidden" / "c.wav", tones(1, spans={2: (0, 1)}))
    mean = (query_condition(tiny_model(), a) + query_condition(tiny_model(), b)) / 2
    torch.testing.assert_close(query_condition(tiny_model(), tmp_path / "f"), mean)


def test_useless_examples_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    text = tmp_path / "text.wav"
    text.write_text("hello")
    for path, words in (
        (tmp_path / "none.wav", "does not exist"),
        (tmp_path / "empty", "no example"),
        (text, "cannot be used"),
        (write(tmp_path / "silent.wav", np.zeros((1, RATE))), "silent"),
        (write(tmp_path / "short.wav", tones(0.05)), "at least 0.1 s"),
    ):
        with pytest.raises(UnweaveError, match=words):
            query_condition(tiny_model(), path)
