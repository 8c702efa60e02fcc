"""Recordings in and out: every format, rate, channel count and length, and every fault said in a sentence."""

from __future__ import annotations

import errno
import os
import struct
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from unweave.audio import reader as reader_module
from unweave.audio import wav, writer
from unweave.audio.io import AudioReader, AudioWriter, open_audio, probe, read_audio
from unweave.audio.libsndfile import SoundFileDecoder
from unweave.errors import UnweaveError


def noise(channels: int, samples: int, level: float = 0.2) -> np.ndarray:
    return (np.random.default_rng(samples).uniform(-level, level, (channels, samples))).astype(np.float32)


def tone(samples: int, rate: int, channels: int = 1) -> np.ndarray:
    sines = [0.3 * np.sin(2 * np.pi * 440 * (c + 1) * np.arange(samples) / rate) for c in range(channels)]
    return np.stack(sines).astype(np.float32)


def encode(path: Path, x: np.ndarray, rate: int, codec: str, video: bool = False) -> None:
    """A compressed file, with a picture if asked; the audio comes in frames of the codec's own size."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=10) if video else None
        if picture:
            picture.width = picture.height = 32
            picture.pix_fmt = "yuv420p"
        sound = container.add_stream(codec, rate=rate, layout={1: "mono", 2: "stereo", 6: "5.1"}[len(x)])
        if picture:
            for _ in range(3):
                container.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")))
            container.mux(picture.encode(None))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(x), "fltp", sound.layout.name)
        frame.rate = rate
        convert = av.AudioResampler(sound.format.name, sound.layout.name, rate, frame_size=sound.frame_size or 1024)
        for piece in convert.resample(frame) + convert.resample(None):
            container.mux(sound.encode(piece))
        container.mux(sound.encode(None))


def silent_video(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (192000, 6)])
def test_wav_of_any_kind_is_read_with_its_scale_rate_and_length(
    tmp_path: Path, subtype: str, rate: int, channels: int
) -> None:
    x = noise(channels, 1001)
    path = tmp_path / "ein Hund · 犬.wav"
    soundfile.write(path, x.T.astype(np.float64), rate, subtype=subtype)
    info = probe(path)
    assert (info.sample_rate, info.channels, info.samples) == (rate, channels, 1001)
    assert info.seconds == pytest.approx(1001 / rate)
    got, got_rate = read_audio(path)
    assert got_rate == rate and got.dtype == np.float32
    step = {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23}.get(subtype, 1e-7)
    np.testing.assert_allclose(got, x, atol=step)


@pytest.mark.parametrize("samples", [1, 2, 1000, 44100 * 60])
def test_any_length_comes_back_in_blocks_of_any_size_and_again(tmp_path: Path, samples: int) -> None:
    x = noise(1, samples)
    soundfile.write(tmp_path / "x.flac", x.T, 44100, subtype="PCM_24")
    with open_audio(tmp_path / "x.flac") as reader:
        assert reader.samples == samples
        for size in (samples, max(samples // 7, 1), samples + 5):
            blocks = list(reader.blocks(size))
            assert all(b.shape == (1, size) for b in blocks[:-1]) and 1 <= blocks[-1].shape[1] <= size
            np.testing.assert_allclose(np.concatenate(blocks, axis=1), x, atol=2**-23)
        next(reader.blocks(10))  # a pass that is left early does not disturb the next one
        assert sum(b.shape[1] for b in reader.blocks(4096)) == samples


@pytest.mark.parametrize(
    ("name", "codec", "video"),
    [
        ("a.mp3", "libmp3lame", False),
        ("a.m4a", "aac", False),
        ("a b.aac", "aac", False),
        ("clip.mp4", "aac", True),
        ("видео.mkv", "aac", True),
        ("a.webm", "libopus", False),
        ("a.opus", "libopus", False),
        ("a.mka", "pcm_s16le", False),
        ("b.mka", "pcm_u8", False),
        ("c.mka", "pcm_s32le", False),
        ("d.mka", "pcm_f64le", False),
        ("alac.m4a", "alac", False),
        ("a.mov", "pcm_s24le", True),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_compressed_sound_and_video_files_are_read(
    tmp_path: Path, name: str, codec: str, video: bool, channels: int
) -> None:
    rate, samples = 48000, 48000
    x = tone(samples, rate, channels)
    encode(tmp_path / name, x, rate, codec, video)
    with open_audio(tmp_path / name) as reader:
        assert (reader.sample_rate, reader.channels) == (rate, channels)
        promised = reader.samples
        first = np.concatenate(list(reader.blocks(1000)), axis=1)
        second = np.concatenate(list(reader.blocks(4321)), axis=1)
        assert promised in (None, first.shape[1]) and reader.samples == first.shape[1] and not reader.truncated
    np.testing.assert_array_equal(first, second)
    exact = codec.startswith("pcm") or codec == "alac"
    # A codec of frames may add one of them at each end.
    assert 0 <= first.shape[1] - samples <= (0 if exact else 3000)
    if exact:
        np.testing.assert_allclose(first, x, atol=2.0**-7 if codec == "pcm_u8" else 2.0**-15)
        return
    middle = first[:, 20000:40000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(20000)))
    np.testing.assert_allclose(spectrum.argmax(axis=1) * rate / 20000, 440.0 * np.arange(1, channels + 1), atol=3)
    np.testing.assert_allclose(np.sqrt(2 * np.mean(middle**2, axis=1)), 0.3, rtol=0.06)


def test_six_channels_of_a_film(tmp_path: Path) -> None:
    encode(tmp_path / "film.mp4", tone(48000, 48000, 6), 48000, "aac", video=True)
    info = probe(tmp_path / "film.mp4")
    assert (info.channels, info.sample_rate, info.samples) == (6, 48000, None)
    assert info.seconds == pytest.approx(1.0, abs=0.1)


def test_the_delay_of_an_mp3_is_removed(tmp_path: Path) -> None:
    x = np.zeros((1, 44100), dtype=np.float32)
    x[:, 20000:20050] = 0.9
    encode(tmp_path / "click.mp3", x, 44100, "libmp3lame")
    got, _ = read_audio(tmp_path / "click.mp3")
    assert abs(int(np.abs(got[0]).argmax()) - 20025) < 60
    assert got.shape == x.shape


def test_a_flac_of_unknown_length_is_read_whole(tmp_path: Path) -> None:
    x = noise(2, 30000)
    soundfile.write(tmp_path / "x.flac", x.T, 44100, subtype="PCM_16")
    raw = bytearray((tmp_path / "x.flac").read_bytes())
    raw[21] &= 0xF0
    raw[22:26] = bytes(4)
    (tmp_path / "y.flac").write_bytes(raw)
    assert probe(tmp_path / "y.flac").samples is None
    np.testing.assert_array_equal(read_audio(tmp_path / "y.flac")[0], read_audio(tmp_path / "x.flac")[0])


def test_a_file_that_breaks_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    x = noise(1, 50000)
    soundfile.write(tmp_path / "x.flac", x.T, 44100, subtype="PCM_16")
    raw = (tmp_path / "x.flac").read_bytes()
    (tmp_path / "half.flac").write_bytes(raw[: len(raw) // 2])
    with open_audio(tmp_path / "half.flac") as reader:
        assert reader.samples == 50000
        for _ in range(2):
            got = np.concatenate(list(reader.blocks(1024)), axis=1)
            assert reader.truncated and reader.samples == got.shape[1]
    assert 15000 < got.shape[1] < 30000
    np.testing.assert_allclose(got, x[:, : got.shape[1]], atol=2**-15)

    encode(tmp_path / "x.mp3", tone(44100, 44100), 44100, "libmp3lame")
    raw = (tmp_path / "x.mp3").read_bytes()
    (tmp_path / "half.mp3").write_bytes(raw[: len(raw) // 2])
    assert 15000 < read_audio(tmp_path / "half.mp3")[0].shape[1] < 30000


def test_a_damaged_packet_does_not_end_the_recording(tmp_path: Path) -> None:
    encode(tmp_path / "x.aac", tone(96000, 48000), 48000, "aac")
    raw = bytearray((tmp_path / "x.aac").read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 200] = bytes(200)
    (tmp_path / "y.aac").write_bytes(raw)
    assert read_audio(tmp_path / "y.aac")[0].shape[1] > 80000


@pytest.mark.parametrize(("rate", "channels"), [(48000, 2), (32000, 1), (32000, 2)])
def test_a_stream_that_changes_midway_keeps_the_rate_and_channels_of_its_beginning(
    tmp_path: Path, rate: int, channels: int
) -> None:
    encode(tmp_path / "a.aac", tone(48000, 48000, 1), 48000, "aac")
    encode(tmp_path / "b.aac", tone(rate, rate, channels), rate, "aac")
    (tmp_path / "both.aac").write_bytes((tmp_path / "a.aac").read_bytes() + (tmp_path / "b.aac").read_bytes())
    got, got_rate = read_audio(tmp_path / "both.aac")
    assert got_rate == 48000 and got.shape[0] == 1
    assert abs(got.shape[1] - 2 * 48000) < 8000
    assert np.sqrt(np.mean(got[:, 60000:90000] ** 2)) > 0.1


def test_samples_that_are_not_finite_are_zero_and_counted(tmp_path: Path) -> None:
    x = noise(2, 5000)
    broken = x.copy()
    broken[0, [3, 4000]], broken[1, 100] = np.nan, np.inf
    soundfile.write(tmp_path / "x.wav", broken.T, 44100, subtype="FLOAT")
    with open_audio(tmp_path / "x.wav") as reader:
        for _ in range(2):
            got = np.concatenate(list(reader.blocks(512)), axis=1)
            assert reader.non_finite == 3
    np.testing.assert_array_equal(got, np.where(np.isfinite(broken), broken, 0))


def test_a_float_file_beyond_full_scale_is_not_clipped(tmp_path: Path) -> None:
    x = noise(1, 100, level=5.0)
    soundfile.write(tmp_path / "x.wav", x.T, 44100, subtype="FLOAT")
    np.testing.assert_array_equal(read_audio(tmp_path / "x.wav")[0], x)


def good_wav(samples: int = 1000) -> bytes:
    body = np.zeros(samples, dtype="<i2").tobytes()
    fmt = struct.pack("<IHHIIHH", 16, 1, 1, 44100, 88200, 2, 16)
    return (
        b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVEfmt " + fmt + b"data" + struct.pack("<I", len(body)) + body
    )


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.wav", b"", "is empty"),
        ("text.wav", b"These are words and no sound.\n" * 20, "cannot be read as sound"),
        ("text.mp3", b"These are words and no sound.\n" * 200, "cannot be read as sound"),
        ("cut.wav", good_wav()[:30], "cannot be read as sound"),
        ("cut2.wav", good_wav()[:12], "cannot be read as sound"),
        ("none.wav", good_wav(0), "no samples"),
        ("bare.wav", good_wav()[:44], "no samples"),
        ("rate.wav", good_wav()[:24] + bytes(4) + good_wav()[28:], "cannot be read as sound"),
        ("random.bin", np.random.default_rng(0).bytes(5000), "cannot be read as sound"),
        ("random.mp3", np.random.default_rng(0).bytes(5000), "sound"),
        ("x.raw", b"abcd" * 100, "no sound"),
    ],
)
def test_what_is_not_a_recording_is_named_in_one_clean_sentence(
    tmp_path: Path, name: str, content: bytes, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    for use in (open_audio, probe, read_audio):
        with pytest.raises(UnweaveError) as caught:
            use(tmp_path / name)
        sentence = str(caught.value)
        assert says in sentence and name in sentence and sentence.endswith(".") and "\n" not in sentence
    assert capfd.readouterr().err == ""


def test_places_that_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnweaveError, match="no file .*nowhere"):
        open_audio(tmp_path / "nowhere.wav")
    with pytest.raises(UnweaveError, match="is a folder"):
        open_audio(tmp_path)
    with pytest.raises(UnweaveError, match="no file"):
        open_audio("a\0b")
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(UnweaveError, match="not a regular file"):
        open_audio(tmp_path / "pipe.wav")
    (tmp_path / "secret.wav").write_bytes(good_wav())

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)  # the tests may run as root, whom no mode stops
    with pytest.raises(UnweaveError, match="secret.wav may not be read"):
        open_audio(tmp_path / "secret.wav")


def test_a_video_without_sound_and_a_picture(tmp_path: Path) -> None:
    silent_video(tmp_path / "mute.mp4")
    with pytest.raises(UnweaveError, match=r"mute\.mp4 has no sound"):
        open_audio(tmp_path / "mute.mp4")


def test_a_play_list_reaches_no_network(tmp_path: Path) -> None:
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(UnweaveError, match="list.m3u8"):
        open_audio(tmp_path / "list.m3u8")


def test_a_block_holds_at_least_one_sample(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(good_wav())
    with pytest.raises(UnweaveError, match="at least one sample"):
        open_audio(tmp_path / "x.wav").blocks(0)


@pytest.mark.parametrize(
    ("format", "subtype", "step"),
    [
        ("wav", None, 0),
        ("wav", "FLOAT", 0),
        ("wav", "PCM_16", 2**-15),
        ("wav", "PCM_24", 2**-23),
        ("flac", None, 2**-23),
        ("flac", "PCM_16", 2**-15),
    ],
)
@pytest.mark.parametrize(("rate", "channels", "samples"), [(8000, 1, 1), (44100, 2, 40001), (192000, 6, 20000)])
def test_what_is_written_is_read_back(
    tmp_path: Path, format: str, subtype: str | None, step: float, rate: int, channels: int, samples: int
) -> None:
    x = noise(channels, samples)
    path = tmp_path / f"é t.{format}"
    with AudioWriter(path, rate, channels, format, subtype) as file:  # type: ignore[arg-type]
        for start in range(0, samples, 999):
            file.write(x[:, start : start + 999])
        assert not path.exists()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert file.clipped == 0 and file.samples == samples
    got, got_rate = read_audio(path)
    assert got_rate == rate
    np.testing.assert_allclose(got, x, rtol=0, atol=step / 2 + (1e-8 if step else 0))
    info = soundfile.info(path)
    expected = subtype or {"wav": "FLOAT", "flac": "PCM_24"}[format]
    assert (info.format, info.subtype) == (format.upper(), expected)
    with av.open(str(path)) as container:  # another reader than libsndfile agrees
        frames = [f.samples for f in container.decode(audio=0)]
        assert sum(frames) == samples


def test_ogg_is_written_at_length_and_sounds_the_same(tmp_path: Path) -> None:
    x = tone(200001, 44100, 2)
    with AudioWriter(tmp_path / "x.ogg", 44100, 2, "ogg") as file:
        file.write(x)
    got, rate = read_audio(tmp_path / "x.ogg")
    assert rate == 44100 and got.shape == x.shape
    assert np.mean((got - x) ** 2) < 1e-3 * np.mean(x**2)


def test_pcm_of_16_bits_survives_bit_for_bit_and_plain_readers_open_it(tmp_path: Path) -> None:
    whole = np.arange(-32768, 32768, dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", whole, 44100, subtype="PCM_16")
    x, rate = read_audio(tmp_path / "a.wav")
    with AudioWriter(tmp_path / "b.wav", rate, 1, "wav", "PCM_16") as file:
        file.write(x)
    assert file.clipped == 0
    with wave.open(str(tmp_path / "b.wav")) as plain:
        assert plain.getnframes() == len(whole)
        np.testing.assert_array_equal(np.frombuffer(plain.readframes(len(whole)), dtype="<i2"), whole)


@pytest.mark.parametrize(("format", "subtype"), [("wav", "PCM_16"), ("wav", "PCM_24"), ("flac", "PCM_24")])
def test_too_loud_is_clipped_and_counted_never_wrapped(tmp_path: Path, format: str, subtype: str) -> None:
    x = np.array([[0.5, 1.0, 1.5, -1.0, -3.0, np.nan, np.inf, 0.0]], dtype=np.float32)
    with AudioWriter(tmp_path / "x", 44100, 1, format, subtype) as file:  # type: ignore[arg-type]
        file.write(x)
    assert file.clipped == 3
    got, _ = read_audio(tmp_path / "x")
    np.testing.assert_allclose(got, [[0.5, 1.0, 1.0, -1.0, -1.0, 0.0, 1.0, 0.0]], atol=2**-14)


def test_float_is_not_clipped_and_never_holds_nan(tmp_path: Path) -> None:
    with AudioWriter(tmp_path / "x.wav", 44100, 1) as file:
        file.write(np.array([[2.5, -7.0, np.nan]], dtype=np.float32))
    np.testing.assert_array_equal(soundfile.read(tmp_path / "x.wav")[0], [2.5, -7.0, 0.0])
    assert file.clipped == 0


def test_the_same_sound_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with AudioWriter(tmp_path / name, 44100, 2) as file:
            file.write(noise(2, 100))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_past_the_limit_of_riff_a_wav_becomes_rf64(
    tmp_path: Path, subtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wav, "RIFF_LIMIT", 5000)
    x = noise(3, 5001)
    with AudioWriter(tmp_path / "x.wav", 44100, 3, "wav", subtype) as file:  # type: ignore[arg-type]
        file.write(x)
    assert (tmp_path / "x.wav").read_bytes()[:4] == b"RF64"
    assert soundfile.info(tmp_path / "x.wav").format == "RF64"
    got, _ = read_audio(tmp_path / "x.wav")
    np.testing.assert_allclose(got, x, atol=2**-15)
    with av.open(str(tmp_path / "x.wav")) as container:
        assert sum(f.samples for f in container.decode(audio=0)) == 5001


def test_an_error_leaves_nothing_and_keeps_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"older")
    for format in ("wav", "flac", "ogg"):
        with pytest.raises(KeyboardInterrupt), AudioWriter(path, 44100, 1, format) as file:  # type: ignore[arg-type]
            file.write(noise(1, 50000))
            raise KeyboardInterrupt
    assert path.read_bytes() == b"older" and len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writer.WavFile, "write", full)
    with pytest.raises(UnweaveError, match="disk is full"), AudioWriter(tmp_path / "x.wav", 44100, 1) as file:
        file.write(noise(1, 10))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("x.flac", 44100, 2, "flac", "FLOAT"), "whole numbers"),
        (("x.ogg", 44100, 2, "ogg", "PCM_16"), "no subtype"),
        (("x.wav", 44100, 2, "wav", "PCM_8"), "no subtype"),
        (("x.wma", 44100, 2, "wma"), "no output format"),
        (("x.flac", 44100, 9, "flac"), "1 to 8 channels"),
        (("x.wav", 44100, 0), "channels"),
        (("x.wav", 0, 1), "rate of 1 to"),
        (("there/x.wav", 44100, 1), "does not exist"),
        ((".", 44100, 1), "is a folder"),
        (("x.ogg", 1000000, 1, "ogg"), "rate of 1 to 200000"),
        (("x.flac", 1000000, 2, "flac"), "rate of 1 to 655350"),
        (("x.flac", 44100, 1, "flac"), "channels"),
        (("x.ogg", 44100, 1, "ogg"), "channels"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_sentence(tmp_path: Path, arguments: tuple, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UnweaveError, match=says), AudioWriter(tmp_path / arguments[0], *arguments[1:]) as file:
        file.write(noise(2, 10))
    assert list(tmp_path.iterdir()) == []


def test_a_short_recording_is_decoded_once_where_it_is_remembered_and_as_long_as_it_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (5000, 2)).astype(np.float32)
    x[7] = np.nan
    soundfile.write(path := tmp_path / "x.wav", x, 8000, "FLOAT")
    decode, passes = SoundFileDecoder.decode, 0

    def counted(*arguments: Any) -> Any:
        nonlocal passes
        passes += 1
        return decode(*arguments)

    monkeypatch.setattr(SoundFileDecoder, "decode", counted)

    def heard(reader: AudioReader, size: int) -> np.ndarray:
        return np.concatenate(list(reader.blocks(size)), axis=1)

    for most, expected in ((x.size, 1), (x.size - 1, 3)):
        monkeypatch.setattr(reader_module, "MOST_REMEMBERED", most)
        with open_audio(path) as reader:
            reader.remember()
            next(reader.blocks(10))  # a pass that does not come to its end is none
            passes = 0
            for size in (999, 64, 5000):
                np.testing.assert_array_equal(heard(reader, size), np.nan_to_num(x.T))
                assert reader.non_finite == 2 and len(reader.remarks()) == 1
            assert passes == expected
            os.utime(path, (1, 1))
            heard(reader, 999)
            assert passes == expected + 1
