"""A stretch of the recording stands for its sound, wherever else it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny import RATE, tiny_model, tones

from unweave.asking.span import Span, read_span
from unweave.errors import UnweaveError

DOG = tones(6, spans={1: (1, 2.5)}) + tones(6, spans={1: (4, 5.5)})
RAIN = tones(6, spans={3: (2.5, 4)})
X = DOG + RAIN


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.square(x).mean()))


@pytest.mark.parametrize(
    ("given", "spans"),
    [
        ("1.5-2.5", ((1.5, 2.5),)),
        ((1.5, 2.5), ((1.5, 2.5),)),
        ([1, 2], ((1, 2),)),
        ((1.5, None), ((1.5, None),)),
        ([(0, 1), "1:02-", ("0:05", "6"), (0, 1)], ((0, 1), (62, None), (5, 6))),
        (["-2", "4-5"], ((0, 2), (4, 5))),
    ],
)
def test_one_stretch_or_several(given: object, spans: object) -> None:
    way = Span.of(given)
    assert way is not None and way.spans == spans


@pytest.mark.parametrize(
    "span", ["a-b", "1", (1, 2, 3), "2-1", (-1, 2), (0, float("inf")), None, "1-1.05", (2, 2), (1,), 5, b"1-2", {}]
)
def test_what_is_no_stretch_is_refused_in_a_sentence(span: object) -> None:
    with pytest.raises(UnweaveError, match=r"stretch|time|seconds"):
        read_span(span)
    with pytest.raises(UnweaveError, match=r"stretch|time|seconds"):
        Span.of([span])


def test_the_sound_of_the_stretch_is_found_in_the_whole_recording() -> None:
    tracks = tiny_model().separate(X, RATE, span=(4.2, 5.2))
    assert [track.name for track in tracks] == ["4.20-5.20", "residual"]
    assert rms(DOG) > 0.09 and rms(tracks[0].audio - DOG) < 0.02


def test_open_ends_and_ends_behind_the_end_are_those_of_the_recording() -> None:
    tracks = tiny_model().separate(X, RATE, span=["5-", "-1.5", "4.5-99"])
    assert [track.name for track in tracks] == ["5.00-6.00", "0.00-1.50", "4.50-6.00", "residual"]


def test_stretches_that_are_written_alike_have_files_of_their_own() -> None:
    tracks = tiny_model().separate(X, RATE, span=[(1.2, 2), (1.2001, 2)])
    assert [track.name for track in tracks[:2]] == ["1.20-2.00", "1.20-2.00 2"]


def test_what_sounds_in_it_is_told(tmp_path: Path) -> None:
    sf.write(tmp_path / "x.wav", X.T, RATE, subtype="FLOAT")
    report = tiny_model().separate_file(tmp_path / "x.wav", tmp_path / "out", span=["4.2-5.2", "3-4"], classes="Dog")
    written = json.loads((report.folder / "tracks.json").read_text("utf-8"))
    tracks = {track["file"]: track for track in written["tracks"]}
    assert [one["class"] for one in tracks["spans/4.20-5.20.wav"]["heard"]] == ["Dog"]
    assert tracks["spans/3.00-4.00.wav"]["heard"][0] == {
        "class": "Rain", "mid": "/m/06mb1", "probability": pytest.approx(1, abs=0.02),
    }  # fmt: skip
    assert tracks["spans/3.00-4.00.wav"]["query"] == "3.00-4.00"
    assert "heard" not in tracks["classes/Dog.wav"] and "heard" not in tracks["spans/residual.wav"]
    assert written["settings"]["spans"] == [[4.2, 5.2], [3, 4]]


@pytest.mark.parametrize(
    ("span", "says"),
    [("7-8", "ends at 0:06"), ("6-", "ends at 0:06"), ("0-0.9", "0:00 to 0:00.9 is silent"), ("5.95-9", "too little")],
)
def test_where_nothing_can_be_heard_a_sentence_says_so(span: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match=says):
        tiny_model().separate(X, RATE, span=span)
    sf.write(tmp_path / "x.wav", X.T, RATE)
    with pytest.raises(UnweaveError, match=says):
        tiny_model().separate_file(tmp_path / "x.wav", tmp_path / "out", span=span)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_outside_is_refused_before_any_work() -> None:
    model = tiny_model()
    with pytest.raises(UnweaveError, match="ends at 0:06"):
        model.separate(X, RATE, span="7-8")
    assert model.tagger.heard == 0


def test_a_model_steered_by_what_it_hears_needs_no_classes() -> None:
    tracks = tiny_model(condition="embedding").separate(X, RATE, span="3-4")
    assert rms(RAIN) > 0.06 and rms(tracks[0].audio - RAIN) < 0.02
