"""mp3, m4a and opus: as many samples come back as went in, at their place, under their names."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from videos import noise

from unweave.audio.formats import FORMATS
from unweave.audio.io import AudioWriter, open_audio, read_audio
from unweave.audio.tags import Tags
from unweave.errors import UnweaveError

LOSSY = [name for name, kind in FORMATS.items() if kind.encoder]


def rates(format: str) -> list[int]:
    return [rate for rate in FORMATS[format].rates if rate in (8000, 44100, 48000, 96000)]


def counts(format: str) -> list[int]:
    return list(FORMATS[format].counts or range(1, FORMATS[format].channels + 1))


@pytest.mark.parametrize(("format", "rate"), [(format, rate) for format in LOSSY for rate in rates(format)])
def test_as_many_samples_come_back_as_went_in(tmp_path: Path, format: str, rate: int) -> None:
    for samples in (47, 1024, 1025, 1153, 2305, 5000):
        x = noise(samples / rate, 2, samples, rate)
        with AudioWriter(tmp_path / "x", rate, 2, format) as file:  # type: ignore[arg-type]
            for start in range(0, samples, 700):
                file.write(x[:, start : start + 700])
        assert file.samples == samples
        got, got_rate = read_audio(tmp_path / "x")
        assert (got.shape, got_rate) == (x.shape, rate)


@pytest.mark.parametrize("format", LOSSY)
def test_the_sound_is_where_it_was_and_sounds_the_same(tmp_path: Path, format: str) -> None:
    rate = 48000
    x = noise(0.3, 2, 1, rate)
    with AudioWriter(tmp_path / "x", rate, 2, format) as file:  # type: ignore[arg-type]
        file.write(x)
    got, _ = read_audio(tmp_path / "x")
    assert np.mean((got - x)[:, 2000:-2000] ** 2) < 0.06 * np.mean(x**2)
    shifts = [np.mean((np.roll(got, shift, 1) - x)[:, 100:-100] ** 2) for shift in range(-5, 6)]
    assert abs(int(np.argmin(shifts)) - 5) <= 1


@pytest.mark.parametrize(("format", "channels"), [(name, count) for name in LOSSY for count in counts(name)])
def test_every_number_of_channels_keeps_its_order(tmp_path: Path, format: str, channels: int) -> None:
    rate, samples = 48000, 9600
    time = np.arange(samples) / rate
    pitches = 100.0 * (1 + np.arange(channels))  # low enough for the channel of low frequencies
    pitches = np.where(np.arange(channels) == 3, 60.0, pitches) if channels >= 6 else pitches
    x = np.stack([0.3 * np.sin(2 * np.pi * pitch * time) for pitch in pitches]).astype(np.float32)
    with AudioWriter(tmp_path / "x", rate, channels, format) as file:  # type: ignore[arg-type]
        file.write(x)
    got, _ = read_audio(tmp_path / "x")
    assert got.shape == x.shape
    spectrum = np.abs(np.fft.rfft(got[:, 2400:7200] * np.hanning(4800), 48000))
    np.testing.assert_allclose(spectrum.argmax(axis=1), pitches, atol=5)


@pytest.mark.parametrize("format", LOSSY)
def test_the_same_sound_is_the_same_bytes(tmp_path: Path, format: str) -> None:
    for name in ("a", "b"):
        with AudioWriter(tmp_path / name, 48000, 1, format, tags=Tags("Dog", "x.wav")) as file:  # type: ignore[arg-type]
            file.write(noise(0.2))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("format", LOSSY)
def test_an_error_leaves_nothing_and_keeps_the_older_file(tmp_path: Path, format: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt), AudioWriter(path, 48000, 1, format) as file:  # type: ignore[arg-type]
        file.write(noise(0.2))
        raise KeyboardInterrupt
    assert path.read_bytes() == b"older" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("format", LOSSY)
def test_too_loud_and_no_number_do_no_harm(tmp_path: Path, format: str) -> None:
    x = noise(0.2, 1)
    x[0, 100:110], x[0, 200] = np.nan, np.inf
    with AudioWriter(tmp_path / "x", 48000, 1, format) as file:  # type: ignore[arg-type]
        file.write(x * 9)
    assert np.isfinite(read_audio(tmp_path / "x")[0]).all() and file.clipped == 0


def test_nothing_at_all_is_no_file_but_a_sentence_or_an_empty_one(tmp_path: Path) -> None:
    for format in LOSSY:
        path = tmp_path / f"x.{format}"
        with AudioWriter(path, 48000, 1, format):  # type: ignore[arg-type]
            pass
        with pytest.raises(UnweaveError, match=f"x.{format}"):
            list(open_audio(path).blocks(1000))


@pytest.mark.parametrize("format", LOSSY)
def test_they_are_what_their_names_say(tmp_path: Path, format: str) -> None:
    with AudioWriter(tmp_path / f"x.{format}", 48000, 2, format) as file:  # type: ignore[arg-type]
        file.write(noise(0.3, 2))
    with av.open(str(tmp_path / f"x.{format}")) as container:
        codec = container.streams.audio[0].codec_context.name
        kinds = container.format.name.split(",")
        assert {"mp3": "mp3float", "m4a": "aac", "opus": "opus"}[format] == codec
        assert {"mp3": "mp3", "m4a": "m4a", "opus": "ogg"}[format] in kinds
