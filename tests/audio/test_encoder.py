"""Encoders: what they take, and packets whose times are those of the samples."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from videos import noise

from unweave.audio.encoder import Encoder, add_sound, bit_rate, priming, usable_layout


def test_the_speakers_under_which_an_encoder_takes_a_sound() -> None:
    assert usable_layout("aac", 48000, 2) == "stereo"
    assert usable_layout("libmp3lame", 48000, 6) is None and usable_layout("libopus", 44100, 2) is None
    assert usable_layout("aac", 48000, 6, "5.1(side)") == "5.1", (
        "the same speakers under the name that all players know"
    )
    assert usable_layout("ac3", 48000, 6, "5.1(side)") == "5.1(side)"
    assert usable_layout("aac", 48000, 2, "2 channels") == "stereo"
    assert usable_layout("pcm_s16le", 48000, 12) == "12 channels"
    assert usable_layout("libopus", 48000, 5) is None, "FFmpeg confuses its channels"


def test_as_many_bits_as_before_and_at_least_enough() -> None:
    assert bit_rate("aac", 48000, 2) == 192_000
    assert bit_rate("aac", 48000, 2, at_least=320_000) == 320_000
    assert bit_rate("aac", 48000, 1, at_least=10**9) == 256_000
    assert bit_rate("aac", 8000, 1) == 16_000
    assert bit_rate("flac", 48000, 2) is None
    assert bit_rate("ac3", 48000, 6, at_least=448_000) == 448_000 and bit_rate("ac3", 48000, 6) is None


@pytest.mark.parametrize(("codec", "delay", "size"), [("aac", 1024, 1024), ("ac3", 256, 1536), ("pcm_s16le", 0, 1)])
def test_how_long_an_encoder_waits(codec: str, delay: int, size: int) -> None:
    assert priming(codec, 48000, "stereo", bit_rate(codec, 48000, 2, 192_000)) == (delay, size)


@pytest.mark.parametrize("block", [1, 100, 1024, 5000])
def test_packets_are_the_same_for_blocks_of_any_size(tmp_path: Path, block: int) -> None:
    x = noise(0.05, 2)

    def packets(size: int) -> list[tuple[int, bytes]]:
        with av.open(str(tmp_path / "x.mka"), "w") as container:
            stream = add_sound(container, "aac", 48000, "stereo", 128_000)
            container.start_encoding()
            encoder = Encoder(stream, start=480)
            found = [p for n in range(0, x.shape[1], size) for p in encoder.push(x[:, n : n + size])]
            assert encoder.time == Fraction(480 + x.shape[1], 48000)
            found += encoder.finish()
            times = [packet.pts for packet in found]
            for packet in found:
                container.mux(packet)
            return list(zip(times, map(bytes, found), strict=True))

    assert packets(block) == packets(x.shape[1])
    assert [time for time, _ in packets(block)] == [480 + 1024 * n for n in range(-1, 3)]


def test_silence_of_no_samples_is_nothing(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "x.mka"), "w") as container:
        stream = add_sound(container, "flac", 48000, "mono")
        container.start_encoding()
        encoder = Encoder(stream)
        assert encoder.push(np.zeros((1, 0), np.float32)) == [] and encoder.time == 0
        container.mux(encoder.push(np.zeros((1, 5000), np.float32)) + encoder.finish())
