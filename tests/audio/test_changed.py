"""A video comes back as a video, a sound as a sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from videos import RATE, Film, make, noise

from unweave.audio.changed import changed_writer
from unweave.audio.io import read_audio
from unweave.audio.tags import Tags
from unweave.audio.video_source import has_pictures
from unweave.errors import UnweaveError

STEREO = noise(0.4, 2)


@pytest.mark.parametrize(
    ("name", "format", "written"),
    [
        ("my.clip.mp4", None, "my.clip.removed.mp4"),
        ("my.clip.MKV", None, "my.clip.removed.MKV"),
        ("my.clip.mp4", "flac", "my.clip.removed.flac"),
        ("x.wav", None, "x.removed.wav"),
        ("x.m4a", None, "x.removed.wav"),
        ("x.wav", "opus", "x.removed.opus"),
    ],
)
def test_the_kind_of_file(tmp_path: Path, name: str, format: str | None, written: str) -> None:
    source = tmp_path / name
    if source.suffix == ".wav":
        soundfile.write(source, STEREO.T, RATE)
    else:
        times = [] if source.suffix == ".m4a" else [0, 24]
        make(source, Film([STEREO], times=times), "matroska" if source.suffix == ".MKV" else None)
    place = tmp_path / f"{source.stem}.removed"
    with changed_writer(source, place, RATE, 2, format=format, tags=Tags("Rest")) as writer:  # type: ignore[arg-type]
        for start in range(0, STEREO.shape[1], 5000):
            writer.write(STEREO[:, start : start + 5000])
    assert writer.path == tmp_path / written and writer.samples == STEREO.shape[1]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, written])
    assert has_pictures(tmp_path / written) == (format is None and source.suffix in (".mp4", ".MKV"))
    longer = read_audio(tmp_path / written)[0].shape[1] - STEREO.shape[1]
    assert 0 <= longer < 1024 if source.suffix == ".MKV" else longer == 0, "AAC in Matroska ends with a whole packet"


def test_the_recording_itself_is_never_written_over(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", STEREO.T, RATE)
    make(tmp_path / "x.mp4", Film([STEREO], times=[0, 24]))
    for source in (tmp_path / "x.wav", tmp_path / "x.mp4"):
        before = source.read_bytes()
        with pytest.raises(UnweaveError, match="written over"):
            changed_writer(source, tmp_path / "x", RATE, 2)
        assert source.read_bytes() == before


def test_what_ffmpeg_does_not_read_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(bytes(100))
    with changed_writer(tmp_path / "x.bin", tmp_path / "y", RATE, 1) as writer:
        writer.write(np.zeros((1, 10), np.float32))
    assert writer.path == tmp_path / "y.wav"
