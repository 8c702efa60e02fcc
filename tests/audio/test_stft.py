from __future__ import annotations

import pytest
import torch

from unweave.audio.stft import Stft, alike, magnitude, power, scaled
from unweave.errors import UnweaveError


@pytest.mark.parametrize(("window", "hop"), [(1024, 320), (2048, 320), (1024, 341), (8, 2), (12, 4)])
def test_inverse_undoes_forward_for_any_length(window, hop):
    stft = Stft(window, hop)
    generator = torch.Generator().manual_seed(0)
    for around in (1, hop, window // 2, window, 3 * window):
        for samples in range(max(around - 2, 1), around + 3):
            waveform = torch.randn(2, samples, generator=generator)
            spectrogram = stft(waveform)
            assert spectrogram.shape == (2, stft.bins, stft.frames(samples))
            back = stft.inverse(spectrogram, samples)
            assert back.shape == waveform.shape
            torch.testing.assert_close(back, waveform, atol=5e-6, rtol=0)


def test_a_tone_lies_in_its_bin():
    stft = Stft(1024, 256)
    tone = torch.sin(2 * torch.pi * 40 / 1024 * torch.arange(16000))[None]
    middle = stft(tone)[0, :, 10:-10].abs()
    assert (middle.argmax(dim=0) == 40).all()
    # A Hann window of N samples gives a sine of amplitude 1 the magnitude N / 4.
    torch.testing.assert_close(middle[40], torch.full_like(middle[40], 256.0), rtol=1e-4, atol=0)


def test_frames_are_centred_and_edges_reflected():
    """Frame n looks at the window around sample n * hop; before the first sample stands the mirrored waveform."""
    stft = Stft(64, 16)
    waveform = torch.randn(1, 200, generator=torch.Generator().manual_seed(1))
    spectrogram = stft(waveform)
    mirrored = torch.cat([waveform[0, 1:33].flip(0), waveform[0]])
    for frame in (0, 1, 4):
        expected = torch.fft.rfft(mirrored[16 * frame : 16 * frame + 64] * torch.hann_window(64))
        torch.testing.assert_close(spectrogram[0, :, frame], expected, atol=1e-4, rtol=1e-4)


def test_the_window_is_no_weight_and_gradients_pass():
    stft = Stft(64, 16)
    assert stft.state_dict() == {}
    waveform = torch.randn(1, 90, requires_grad=True)
    stft.inverse(stft(waveform), 90).sum().backward()
    torch.testing.assert_close(waveform.grad, torch.ones(1, 90), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("window", "hop"), [(1023, 256), (2, 1), (1024, 0), (1024, 342)])
def test_windows_and_hops_out_of_range_are_refused(window, hop):
    with pytest.raises(UnweaveError, match="STFT"):
        Stft(window, hop)


def test_no_samples_are_refused():
    with pytest.raises(UnweaveError, match="without samples"):
        Stft(64, 16)(torch.zeros(1, 0))


@pytest.mark.parametrize(("window", "hop"), [(1024, 320), (2048, 640), (64, 16), (12, 4)])
def test_what_needs_no_gradient_comes_back_the_same(window, hop):
    stft, length = Stft(window, hop), 5 * window + 3
    spectrogram = torch.randn(2, stft.bins, stft.frames(length), dtype=torch.complex64)
    slowly = stft.inverse(spectrogram, length)
    with torch.no_grad():
        torch.testing.assert_close(stft.inverse(spectrogram, length), slowly, atol=1e-5, rtol=1e-4)


def test_complex_numbers_in_real_arithmetic():
    x, y = torch.randn(2, 3, 5, 7, dtype=torch.complex64)
    factor = torch.rand(3, 5, 7)
    torch.testing.assert_close(power(x), x.abs().square())
    torch.testing.assert_close(magnitude(x), x.abs())
    torch.testing.assert_close(alike(x, y), (x * y.conj()).real)
    torch.testing.assert_close(scaled(x, factor), x * factor)
    silent = torch.zeros(2, dtype=torch.complex64, requires_grad=True)
    magnitude(silent).sum().backward()
    assert (silent.grad == 0).all()
