import numpy as np
import pytest

from unweave.evaluation.metrics.speech import FRAME, HOP, as_speech, frames


def test_channels_are_averaged_and_resampled():
    time = np.arange(32000) / 32000
    tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    speech = as_speech(np.stack([tone, 0 * tone]), 32000)
    assert speech.shape == (16000,) and speech.dtype == np.float32
    np.testing.assert_allclose(speech[500:-500], 0.5 * tone[::2][500:-500], atol=1e-3)


def test_what_is_at_16_khz_is_left_as_it_is():
    sound = np.random.default_rng(0).standard_normal((1, 1001)).astype(np.float32)
    np.testing.assert_array_equal(as_speech(sound, 16000), sound[0])


@pytest.mark.parametrize(("samples", "count"), [(0, 0), (479, 0), (599, 0), (600, 1), (719, 1), (720, 2), (16000, 129)])
def test_the_last_whole_frame_is_left_out(samples, count):
    assert frames(np.ones(samples, np.float32)).shape == (count, FRAME)


def test_frames_overlap_by_three_quarters_under_a_hann_window():
    speech = np.arange(1, 2001, dtype=np.float32)
    cut = frames(speech)
    window = cut[0] / speech[:FRAME]
    np.testing.assert_allclose(window, np.sin(np.pi * np.arange(1, FRAME + 1) / (FRAME + 1)) ** 2)
    np.testing.assert_allclose(cut[3], speech[3 * HOP : 3 * HOP + FRAME] * window)
