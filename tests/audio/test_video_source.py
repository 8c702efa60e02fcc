"""What there is in a video is found without reading all of it."""

from __future__ import annotations

from pathlib import Path

from videos import RATE, Film, make, noise

from unweave.audio.video_source import has_pictures, look

STEREO = noise(0.5, 2)


def test_pictures_or_none(tmp_path: Path) -> None:
    assert has_pictures(make(tmp_path / "x.mp4", Film([STEREO])))
    assert not has_pictures(make(tmp_path / "x.m4a", Film([STEREO], times=[]), "ipod"))


def test_where_a_sound_begins_is_found(tmp_path: Path) -> None:
    found = look(make(tmp_path / "x.mkv", Film([STEREO], [0.3], ["flac"])))
    assert (found.codec, found.sample_rate, found.channels, found.layout) == ("flac", RATE, 2, "stereo")
    assert abs(float(found.start) - 0.3) < 0.001
