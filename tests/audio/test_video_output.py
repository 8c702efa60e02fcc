"""The new sound in the file: its rate, its loudest samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from videos import RATE, Film, make, noise, offset, sound

from unweave.audio.resampling import Resampler
from unweave.audio.video import replace_sound

STEREO = noise(0.5, 2)


def test_a_rate_that_the_codec_does_not_have_is_changed_in_the_file_alone(tmp_path: Path) -> None:
    source = make(tmp_path / "x.webm", Film([STEREO], sound_codecs=["libopus"], picture="libvpx"))
    fine = noise(1.0, 2, 3, rate=RATE)
    coarse = Resampler(RATE, 44100, 2)
    blocks = [coarse.push(fine), coarse.finish()]
    written = replace_sound(source, tmp_path / "y.webm", blocks, 44100, 2)
    assert written.notes == ["Its rate is 48000 Hz."]
    assert abs(offset(written.path, fine, 0.0)) < 0.002
    assert abs(sound(written.path)[0].shape[1] - RATE) < 1000


def test_too_loud_is_clipped_and_counted_where_numbers_are_whole(tmp_path: Path) -> None:
    source = make(tmp_path / "x.mov", Film([STEREO], sound_codecs=["pcm_s16le"]))
    loud = np.zeros((2, 4800), np.float32)
    loud[0, :3], loud[1, 0] = (1.5, -2.0, 1.0), np.nan
    written = replace_sound(source, tmp_path / "y.mov", [loud], RATE, 2)
    assert written.clipped == 2 and written.samples == 4800
    y, _ = sound(written.path)
    np.testing.assert_allclose(y[:, :4], [[1, -1, 1, 0], [0, 0, 0, 0]], atol=2**-14)


def test_a_sound_that_begins_before_or_after_the_pictures_of_an_avi(tmp_path: Path) -> None:
    source = make(tmp_path / "x.avi", Film([STEREO], sound_codecs=["libmp3lame"], picture="mpeg4"))
    new = noise(0.8, 2, 7)
    for start in (-0.2, 0.0, 0.3):
        out = replace_sound(source, tmp_path / "y.avi", [new[:, :10000], new[:, 10000:]], RATE, 2, start=start).path
        heard = new[:, max(round(-start * RATE), 0) :]
        assert abs(offset(out, heard, max(start, 0.0))) < 0.001
