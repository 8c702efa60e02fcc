"""Stretches of unequal formats in one: everything arrives, in order, and nothing is mixed that need not be."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from unweave.audio.convert import ToFirst, to_frame
from unweave.audio.decoder import AudioInfo, Findings


def info(rate: int, channels: int, layout: str | None = None) -> AudioInfo:
    return AudioInfo(Path("x"), rate, channels, None, None, layout)


def through(first: AudioInfo, *stretches: tuple[AudioInfo, np.ndarray]) -> tuple[np.ndarray, Findings]:
    findings = Findings()
    convert = ToFirst(first, findings)
    blocks = []
    for kind, x in stretches:
        for start in range(0, x.shape[1], 700):
            blocks += convert.push(to_frame(x[:, start : start + 700], kind))
    blocks += convert.flush()
    return np.concatenate(blocks, axis=1), findings


def levels(channels: int, samples: int = 4800) -> np.ndarray:
    return np.repeat(np.linspace(0.1, 0.8, channels, dtype=np.float32)[:, None], samples, axis=1)


def test_what_is_alike_passes_untouched() -> None:
    x = np.random.default_rng(0).uniform(-2, 2, (2, 5000)).astype(np.float32)
    got, findings = through(info(48000, 2), (info(48000, 2), x))
    np.testing.assert_array_equal(got, x)
    assert findings.changes == findings.damaged == 0


@pytest.mark.parametrize("rates", [(48000, 24000, 48000), (44100, 48000, 32000, 44100)])
def test_each_stretch_keeps_its_length_in_time(rates: tuple[int, ...]) -> None:
    first = info(rates[0], 1)
    got, findings = through(first, *((info(rate, 1), levels(1, rate)) for rate in rates))
    assert got.shape[1] == pytest.approx(len(rates) * rates[0], abs=20 * len(rates))
    assert findings.changes == len(rates) - 1
    np.testing.assert_allclose(np.median(got), 0.1, atol=1e-3)


def test_channels_of_the_same_number_stay_where_they_are() -> None:
    side, back = info(48000, 6, "5.1(side)"), info(44100, 6, "5.1")
    got, _ = through(side, (side, levels(6)), (back, levels(6, 4410)))
    assert got.shape[1] == pytest.approx(9600, abs=20)
    np.testing.assert_allclose(got[:, 7200], levels(6)[:, 0], atol=0.01)


@pytest.mark.parametrize("channels", [3, 6, 7, 8, 12])
def test_any_number_of_channels_becomes_any_other(channels: int) -> None:
    for one, other in ((channels, 2), (2, channels), (channels, 1)):
        got, findings = through(info(48000, one), (info(48000, one), levels(one)), (info(48000, other), levels(other)))
        assert got.shape[0] == one
        assert got.shape[1] == pytest.approx(9600, abs=20) or (findings.damaged and max(one, other) > 8)


def test_eight_planes_are_not_read_by_pyav(monkeypatch: pytest.MonkeyPatch) -> None:
    x = levels(8)
    frame = to_frame(x, info(48000, 8, "7.1"))
    (planar,) = av.AudioResampler("fltp", "7.1", 48000).resample(frame)
    findings = Findings()
    convert = ToFirst(info(48000, 8, "7.1"), findings)
    got = np.concatenate([*convert.push(planar), *convert.flush()], axis=1)
    np.testing.assert_array_equal(got, x)
