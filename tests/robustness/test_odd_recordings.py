"""Recordings that are odd from end to end: what is separated has their times, and says what was odd about them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import Sound, joined, mux, remuxed
from recordings import tones as surround
from tiny import RATE, tiny_model, tones

import unweave
from unweave.audio.io import open_audio, read_audio
from unweave.data.decode import decode


def test_events_of_a_recording_with_a_hole_are_where_they_sound(tmp_path: Path) -> None:
    x = tones(6, 48000, {0: (0, 6), 1: (3, 5)})
    path = mux(tmp_path / "a.mkv", Sound(x, 48000, "pcm_s16le", stamp=lambda n: n if n < 144000 else n + 192000))
    report = tiny_model().separate_file(path, tmp_path / "out", classes=["Dog"])
    event = max(report.tracks[0].events, key=lambda event: event.end - event.start)
    assert (event.start, event.end) == pytest.approx((7, 9), abs=0.3)  # 3 to 5 of what was recorded
    assert report.input["seconds"] == pytest.approx(10, abs=0.05)
    assert any("holes" in warning for warning in report.warnings)
    mixture, _ = read_audio(path)
    total = sum(read_audio(report.folder / track.file)[0] for track in report.tracks)
    np.testing.assert_allclose(total, mixture, atol=1e-4)


def test_a_broadcast_that_changes_is_separated_to_its_end_and_prepared(tmp_path: Path) -> None:
    parts = [
        mux(tmp_path / f"{number}.ac3", Sound(surround(1.6, 48000, channels), 48000, "ac3"))
        for number, channels in enumerate((2, 6, 2))
    ]
    path = remuxed(tmp_path / "tv.ts", joined(tmp_path / "all.ac3", *parts))
    report = tiny_model().separate_file(path, tmp_path / "out", level=1)
    assert (report.input["channels"], report.input["seconds"]) == (2, pytest.approx(4.8, abs=0.2))
    assert any("changes its format 2 times" in warning for warning in report.warnings)
    clip = decode(path, 8000)
    assert clip.fault == "" and len(clip.samples) == pytest.approx(4.8 * 8000, abs=1600)


@pytest.mark.parametrize("format", ["wav", "flac", "ogg"])
def test_surround_comes_out_in_the_order_and_with_the_names_of_what_went_in(tmp_path: Path, format: str) -> None:
    mux(tmp_path / "film.mp4", Sound(surround(2, 48000, 6), 48000, "aac"))
    report = tiny_model().separate_file(tmp_path / "film.mp4", tmp_path / "out", level=1, format=format)  # type: ignore[arg-type]
    mixture, _ = read_audio(tmp_path / "film.mp4")
    total = np.zeros_like(mixture)
    for track in report.tracks:
        with open_audio(report.folder / track.file) as reader:
            assert reader.layout == "5.1"
            total += np.concatenate(list(reader.blocks(48000)), axis=1)
    for channel in (0, 1, 2, 4, 5):
        assert np.corrcoef(total[channel], mixture[channel])[0, 1] > 0.99


def test_bytes_and_open_files_are_heard_and_separated_like_files(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", tones(2, spans={0: (0, 2), 1: (1, 2)}).T, RATE, subtype="FLOAT")
    model = tiny_model()
    wanted, events = model.separate(tmp_path / "x.wav", classes=["Dog"]), model.tag(tmp_path / "x.wav")
    assert events
    with open(tmp_path / "x.wav", "rb") as file:
        for place in (io.BytesIO((tmp_path / "x.wav").read_bytes()), file):
            got = model.separate(place, classes=["Dog"])
            assert [track.name for track in got] == [track.name for track in wanted]
            for one, other in zip(got, wanted, strict=True):
                np.testing.assert_array_equal(one.audio, other.audio)
            assert model.tag(place) == events


def test_a_recorder_that_died_lost_nothing(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", tones(2).T, RATE, subtype="PCM_16")
    raw = bytearray((tmp_path / "x.wav").read_bytes())
    raw[4:8] = raw[40:44] = bytes(4)
    assert raw[36:40] == b"data"
    (tmp_path / "x.wav").write_bytes(raw)
    assert tiny_model().separate(tmp_path / "x.wav", classes=["Speech"])[0].audio.shape == (1, 2 * RATE)


def test_a_quiet_recording_is_heard_and_separated_like_a_loud_one() -> None:
    """The model in the box; 60 dB are a microphone in the next room."""
    sound, rate = soundfile.read(Path(__file__).parents[2] / "examples" / "scene.flac", dtype="float32")
    model = unweave.load_model(device="cpu", backend="eager")
    x = sound[8 * rate : 11 * rate].T  # a dog in the rain
    loud, quiet = (model.separate(x * np.float32(gain), rate, classes=["Dog", "Rain"]) for gain in (1, 1e-3))
    assert loud[0].audio.any()
    for one, other in zip(loud, quiet, strict=True):
        assert [(event.start, event.end) for event in one.events] == [
            (event.start, event.end) for event in other.events
        ]
        apart = np.square(one.audio - 1e3 * other.audio).sum() / np.square(x).sum()
        assert apart < 3e-4, f"{one.name}: {10 * np.log10(apart):.0f} dB"  # -35 dB: what is heard tells a name, too
