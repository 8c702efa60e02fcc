"""What there is in a video is found without reading all of it."""

from __future__ import annotations

from fractions import Fraction
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


def test_the_earliest_of_all_sounds_and_pictures(tmp_path: Path) -> None:
    late_sound = look(make(tmp_path / "a.mkv", Film([STEREO], [0.3], ["flac"])))
    assert late_sound.earliest == 0
    late_pictures = look(make(tmp_path / "b.mkv", Film([STEREO], [0.3], ["flac"], times=[300, 324])))
    assert late_pictures.earliest == late_pictures.start == Fraction(3, 10)
    two = Film([STEREO, STEREO], [0.3, 0.1], ["flac", "flac"], times=[300, 324])
    assert look(make(tmp_path / "c.mkv", two)).earliest == Fraction(1, 10)
    alone = Film([STEREO], [0.3], ["flac"], times=[])
    assert look(make(tmp_path / "d.mka", alone)).earliest == Fraction(3, 10)
