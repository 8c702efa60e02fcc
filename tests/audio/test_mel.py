from __future__ import annotations

import pytest
import torch

from unweave.audio.mel import LogMel, hz_to_mel, mel_matrix, mel_to_hz
from unweave.errors import UnweaveError


def test_the_scale_and_its_inverse():
    assert hz_to_mel(1000.0) == pytest.approx(15.0)
    assert hz_to_mel(200.0) == pytest.approx(3.0)
    assert hz_to_mel(6400.0) == pytest.approx(42.0)
    for hz in (0.0, 50.0, 999.0, 1001.0, 14000.0):
        assert mel_to_hz(hz_to_mel(hz)) == pytest.approx(hz)


def test_triangles_have_one_area_and_one_peak():
    matrix = mel_matrix(32000, 8192, 40, 50, 14000)
    assert matrix.shape == (4097, 40)
    assert (matrix >= 0).all()
    area = matrix.sum(dim=0) * 32000 / 8192
    torch.testing.assert_close(area, torch.ones(40), rtol=2e-2, atol=0)
    assert (matrix.argmax(dim=0).diff() > 0).all()
    bins = torch.arange(4097) * 32000 / 8192
    assert matrix[(bins < 50) | (bins > 14000)].sum() == 0


def test_a_tone_is_loudest_in_the_band_around_it():
    front = LogMel()
    for hz in (200.0, 1000.0, 5000.0):
        tone = torch.sin(2 * torch.pi * hz / 32000 * torch.arange(16000))[None]
        band = int(front(tone)[0, 10:-10].mean(dim=0).argmax())
        lowest, highest = hz_to_mel(50.0), hz_to_mel(14000.0)
        centre = lowest + (band + 1) * (highest - lowest) / 65
        assert abs(hz_to_mel(hz) - centre) <= (highest - lowest) / 65


@pytest.mark.parametrize("samples", [1, 319, 320, 513, 5000])
def test_silence_is_the_floor_and_frames_follow_the_length(samples):
    mel = LogMel()(torch.zeros(2, samples))
    assert mel.shape == (2, samples // 320 + 1, 64)
    torch.testing.assert_close(mel, torch.full_like(mel, -100.0))


def test_ten_times_the_amplitude_is_twenty_decibels():
    front = LogMel()
    noise = torch.randn(1, 8000, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(front(10 * noise), front(noise) + 20, atol=1e-3, rtol=0)


@pytest.mark.parametrize(("lowest", "highest"), [(-1, 8000), (8000, 50), (50, 16001)])
def test_frequencies_out_of_range_are_refused(lowest, highest):
    with pytest.raises(UnweaveError, match="Mel bands"):
        mel_matrix(32000, 1024, 64, lowest, highest)
