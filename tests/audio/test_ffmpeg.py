"""Files of several streams, with holes and changes: the times are those of the file and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from recordings import Sound, joined, mux, pitches, remuxed, tones

from unweave.audio.io import open_audio, probe, read_audio
from unweave.errors import UnweaveError

RATE = 48000


def both_passes(path: Path, stream: int | None = None) -> tuple[np.ndarray, list[str]]:
    """The sound of a file, once it is sure that two passes in unequal blocks agree."""
    with open_audio(path, stream) as reader:
        first = np.concatenate(list(reader.blocks(4800)), axis=1)
        second = np.concatenate(list(reader.blocks(77777)), axis=1)
        np.testing.assert_array_equal(first, second)
        assert reader.samples == first.shape[1]
        return first, reader.remarks()


def sounding(x: np.ndarray) -> np.ndarray:
    """Which tenths of a second hold sound."""
    tenth = RATE // 10
    whole = x[:, : x.shape[1] // tenth * tenth].reshape(len(x), -1, tenth)
    return np.sqrt((whole**2).mean(axis=(0, 2))) > 0.05


@pytest.mark.parametrize("counts", [(2, 6, 2), (6, 2, 6, 1), (1, 2, 1, 6)])
def test_a_broadcast_that_changes_its_channels_again_and_again(tmp_path: Path, counts: tuple[int, ...]) -> None:
    parts = [
        mux(tmp_path / f"{i}.ac3", Sound(tones(2.88, RATE, channels), RATE, "ac3")) for i, channels in enumerate(counts)
    ]
    path = remuxed(tmp_path / "tv.ts", joined(tmp_path / "all.ac3", *parts))
    x, remarks = both_passes(path)
    assert x.shape[0] == counts[0]
    assert x.shape[1] == pytest.approx(2.88 * RATE * len(counts), abs=2000 * len(counts))
    assert sounding(x)[2:-2].all()
    assert any(f"changes its format {len(counts) - 1} times" in remark for remark in remarks)


def test_mp3_files_joined_at_other_rates(tmp_path: Path) -> None:
    parts = [
        mux(tmp_path / f"{i}.mp3", Sound(tones(2, rate, channels), rate, "libmp3lame"))
        for i, (rate, channels) in enumerate([(RATE, 2), (24000, 1), (RATE, 2)])
    ]
    x, _ = both_passes(joined(tmp_path / "all.mp3", *parts))
    assert x.shape[0] == 2 and x.shape[1] == pytest.approx(6 * RATE, abs=12000)
    for second in (1, 3, 5):
        middle = x[:, second * RATE - 12000 : second * RATE + 12000]
        assert pitches(middle, RATE)[0] == pytest.approx(440, abs=5)


@pytest.mark.parametrize(("ending", "codec"), [("mkv", "libopus"), ("mp4", "aac"), ("ogg", "libopus"), ("ts", "aac")])
def test_holes_in_time_are_silence(tmp_path: Path, ending: str, codec: str) -> None:
    later = Sound(tones(6, RATE), RATE, codec, stamp=lambda n: n if n < 3 * RATE else n + 4 * RATE)
    x, remarks = both_passes(mux(tmp_path / f"a.{ending}", later))
    assert x.shape[1] == pytest.approx(10 * RATE, abs=2000)
    heard = sounding(x)
    assert heard[2:29].all() and not heard[32:68].any() and heard[71:98].all()
    assert any("holes" in remark and "4.0 s" in remark for remark in remarks)


@pytest.mark.parametrize(("ending", "codec"), [("mkv", "libopus"), ("mp4", "aac"), ("ts", "aac"), ("mov", "pcm_s16le")])
def test_sound_that_begins_after_the_picture_begins_late(tmp_path: Path, ending: str, codec: str) -> None:
    path = mux(tmp_path / f"a.{ending}", Sound(tones(2, RATE), RATE, codec, starts=2.0), picture=4.0)
    x, _ = both_passes(path)
    with av.open(str(path)) as container:
        assert probe(path).start == pytest.approx(container.start_time / 1e6, abs=0.001)
    assert x.shape[1] == pytest.approx(4 * RATE, abs=2500)
    heard = sounding(x)
    assert not heard[:19].any() and heard[21:39].all()


def test_sound_that_begins_with_or_before_the_picture_loses_nothing(tmp_path: Path) -> None:
    exact = Sound(tones(2, RATE), RATE, "pcm_s16le")
    for starts in (0.0, 0.5):
        path = mux(tmp_path / f"{starts}.mkv", Sound(exact.samples, RATE, "pcm_s16le", starts), picture=1.0)
        x, remarks = both_passes(path)
        assert x.shape[1] == pytest.approx((2 + starts) * RATE, abs=1)
        np.testing.assert_allclose(x[:, -2 * RATE :], exact.samples, atol=2**-15)
        assert bool(remarks) == bool(starts)


def test_what_an_encoder_puts_after_the_end_is_no_sound(tmp_path: Path) -> None:
    path = mux(tmp_path / "a.m4a", Sound(tones(1.01, RATE), RATE, "aac"))
    x, _ = both_passes(path)
    assert x.shape[1] == round(1.01 * RATE)


def test_a_file_of_sound_alone_begins_with_its_first_sound(tmp_path: Path) -> None:
    x, remarks = both_passes(mux(tmp_path / "a.mkv", Sound(tones(1, RATE), RATE, "pcm_s16le", starts=5.0)))
    assert x.shape[1] == RATE and remarks == []


def languages(path: Path, dispositions: tuple[str, ...]) -> Path:
    return mux(
        path,
        *(
            Sound(tones(1, RATE, first=440.0 * (number + 1)), RATE, "aac", disposition=name, tags={"language": "deu"})
            for number, name in enumerate(dispositions)
        ),
    )


@pytest.mark.parametrize(
    ("dispositions", "taken"),
    [
        (("comment", "default"), 1),
        (("visual_impaired", "original", "default"), 2),
        (("default", "dub"), 0),
        (("comment", "original"), 1),
        (("original", "dub", "dub"), 0),
    ],
)
def test_the_default_stream_is_read_and_named(tmp_path: Path, dispositions: tuple[str, ...], taken: int) -> None:
    path = languages(tmp_path / "film.mkv", dispositions)
    x, remarks = both_passes(path)
    assert pitches(x[:, 10000:40000], RATE)[0] == pytest.approx(440 * (taken + 1), abs=3)
    assert any(
        f"{len(dispositions)} audio streams" in remark and f"number {taken} (deu" in remark for remark in remarks
    )


def test_a_stream_that_is_asked_for_is_read_without_a_word(tmp_path: Path) -> None:
    path = languages(tmp_path / "film.mkv", ("default", "dub", "comment"))
    for number in range(3):
        x, remarks = both_passes(path, number)
        assert pitches(x[:, 10000:40000], RATE)[0] == pytest.approx(440 * (number + 1), abs=3)
        assert remarks == []
    for wrong in (3, -1):
        with pytest.raises(UnweaveError, match="has 3 audio streams"):
            open_audio(path, wrong)
    alone = mux(tmp_path / "a.flac", Sound(tones(1, RATE), RATE, "flac"))
    assert read_audio(alone, 0)[0].shape == (1, RATE)
    with pytest.raises(UnweaveError, match="has 1 audio stream,"):
        open_audio(alone, 1)
