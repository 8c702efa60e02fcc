"""Surround: channels stay in the order of WAV, whatever the format, and WAV says what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import Sound, mux, pitches, tones

from unweave.audio.io import AudioWriter, open_audio, read_audio
from unweave.audio.layouts import B_FORMAT, layout_of_count, layout_of_mask, mask_of_layout, vorbis_order
from unweave.errors import UnweaveError

RATE = 48000
MASKS = {"quad": 0x33, "5.1": 0x3F, "5.1(side)": 0x60F, "7.1": 0x63F, "2.1": 0xB, "hexagonal": 0x137}


def mask_in(path: Path) -> int | None:
    """The channel mask of a WAV file's header; None if it is a plain one."""
    raw = path.read_bytes()
    place = raw.index(b"fmt ") + 8
    tag = int.from_bytes(raw[place : place + 2], "little")
    return int.from_bytes(raw[place + 20 : place + 24], "little") if tag == 0xFFFE else None


@pytest.mark.parametrize(("name", "mask"), MASKS.items())
def test_masks_and_names_are_each_other(name: str, mask: int) -> None:
    assert layout_of_mask(mask, bin(mask).count("1")) == name
    assert mask_of_layout(name) == mask


def test_what_is_no_layout_has_no_mask() -> None:
    assert layout_of_mask(0, 4) is None and layout_of_mask(0x3F, 4) is None and layout_of_mask(1 << 31, 1) is None
    for name in (None, "ambisonic 1", "nonsense", "6 channels", B_FORMAT):
        assert mask_of_layout(name) == 0


@pytest.mark.parametrize("channels", range(1, 13))
def test_the_order_of_vorbis_leaves_out_nothing(channels: int) -> None:
    assert sorted(vorbis_order(channels)) == list(range(channels))


def expected(channels: int) -> list[float]:
    return [60.0 if channels in (6, 8) and c == 3 else 440.0 * (c + 1) for c in range(channels)]


@pytest.mark.parametrize("format", ["wav", "flac", "ogg"])
@pytest.mark.parametrize("channels", range(1, 9))
def test_every_channel_comes_back_in_its_place(tmp_path: Path, format: str, channels: int) -> None:
    x = tones(2, RATE, channels)
    layout = layout_of_count(channels)
    with AudioWriter(tmp_path / "x", RATE, channels, format, layout=layout) as file:  # type: ignore[arg-type]
        for start in range(0, x.shape[1], 30011):
            file.write(x[:, start : start + 30011])
    with open_audio(tmp_path / "x") as reader:
        y = np.concatenate(list(reader.blocks(5000)), axis=1)
        if channels > 2:
            assert reader.layout == layout
    assert y.shape == x.shape
    assert pitches(y, RATE) == pytest.approx(expected(channels), abs=2)
    # Vorbis is rough with the LFE; every other channel has all of its energy.
    kept = np.std(y, axis=1) / np.std(x, axis=1)
    assert kept == pytest.approx(np.ones(channels), rel=0.25)
    assert sum(abs(kept - 1) > 0.05) <= (format == "ogg")


@pytest.mark.parametrize(
    ("name", "codec", "channels", "layout"),
    [
        ("a.mp4", "aac", 6, "5.1"),
        ("a.ac3", "ac3", 6, "5.1(side)"),
        ("a.opus", "libopus", 6, "5.1"),
        ("a.opus", "libopus", 8, "7.1"),
        ("a.mka", "pcm_s16le", 4, None),
        ("a.mka", "flac", 4, "quad"),
        ("a.mka", "flac", 8, "7.1"),
    ],
)
def test_compressed_surround_is_in_the_same_order(
    tmp_path: Path, name: str, codec: str, channels: int, layout: str | None
) -> None:
    path = mux(tmp_path / name, Sound(tones(2, RATE, channels), RATE, codec))
    with open_audio(path) as reader:
        y = np.concatenate(list(reader.blocks(5000)), axis=1)
        assert layout is None or reader.layout == layout
    assert pitches(y[:, 20000:80000], RATE) == pytest.approx(expected(channels), abs=3)


@pytest.mark.parametrize(("name", "mask"), MASKS.items())
@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16", "PCM_24"])
def test_a_wav_keeps_its_mask(tmp_path: Path, name: str, mask: int, subtype: str) -> None:
    channels = bin(mask).count("1")
    x = tones(0.2, RATE, channels)
    with AudioWriter(tmp_path / "a.wav", RATE, channels, "wav", subtype, name) as file:  # type: ignore[arg-type]
        file.write(x)
    assert mask_in(tmp_path / "a.wav") == mask
    with open_audio(tmp_path / "a.wav") as reader:
        assert reader.layout == name and reader.samples == x.shape[1]
    np.testing.assert_allclose(read_audio(tmp_path / "a.wav")[0], x, atol=2**-15)
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.format, info.subtype, info.channels) == ("WAVEX", subtype, channels)


def test_a_plain_wav_stays_plain_and_ambisonics_are_never_loudspeakers(tmp_path: Path) -> None:
    x = tones(0.2, RATE, 4)
    soundfile.write(tmp_path / "plain.wav", x.T, RATE)
    with open_audio(tmp_path / "plain.wav") as reader:
        assert reader.layout is None
    for layout in (None, "ambisonic 1", "mono"):
        with AudioWriter(tmp_path / "b.wav", RATE, 4, layout=layout) as file:
            file.write(x)
        assert mask_in(tmp_path / "b.wav") is None
    with AudioWriter(tmp_path / "c.wav", RATE, 4, layout=B_FORMAT) as file:
        file.write(x)
    assert mask_in(tmp_path / "c.wav") == 0
    with open_audio(tmp_path / "c.wav") as reader:
        assert reader.layout == B_FORMAT
    np.testing.assert_array_equal(read_audio(tmp_path / "c.wav")[0], x)


def test_six_loudspeakers_without_a_bass_are_not_written_as_5_1(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="only the bass"):
        AudioWriter(tmp_path / "x.ogg", RATE, 6, "ogg", layout="hexagonal")
