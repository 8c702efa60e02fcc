"""The mixture of an item: energies, lengths, rates, channels, bandwidth."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from sets import tone, write_set
from tiny import RATE

from unweave.errors import UnweaveError
from unweave.evaluation.items import Item, Piece
from unweave.evaluation.mixtures import make_mixture


def energy(wave):
    return float(np.square(wave, dtype=np.float64).sum())


@pytest.mark.parametrize("snr", [0.0, -7.0, 15.0])
def test_every_other_source_is_at_the_ratio_by_itself(tmp_path, snr):
    benchmark = write_set(tmp_path)
    item = Item("one", "Dog", (Piece("Dog.wav"),), (Piece("Rain.wav"), Piece("Siren-example.wav")), snr=snr)
    both = make_mixture(benchmark, item)
    first = make_mixture(benchmark, replace(item, others=item.others[:1]))
    second = both.mixture - first.mixture
    for other in (first.mixture - first.target, second):
        assert 10 * np.log10(energy(both.target) / energy(other)) == pytest.approx(snr, abs=1e-3)


def test_without_a_ratio_sources_stay_as_loud_as_they_are(tmp_path):
    benchmark = write_set(tmp_path)
    made = make_mixture(benchmark, Item("one", "Dog", (Piece("Dog.wav"),), (Piece("Rain-example.wav"),), snr=None))
    np.testing.assert_allclose(made.mixture[0], tone(1) + tone(3, loud=0.1), atol=1e-6)


def test_a_target_of_several_pieces_is_their_sum_and_a_recorded_mixture_is_taken_as_it_is(tmp_path):
    benchmark = write_set(tmp_path)
    soundfile.write(tmp_path / "mix.wav", tone(0) + tone(1), RATE, subtype="FLOAT")
    item = Item("one", "x", (Piece("Speech.wav"), Piece("Dog.wav")), mixture=Piece("mix.wav"))
    made = make_mixture(benchmark, item)
    np.testing.assert_allclose(made.target, made.mixture, atol=1e-6)


def test_silence_asked_for_is_a_silent_target(tmp_path):
    benchmark = write_set(tmp_path)
    made = make_mixture(benchmark, Item("one", "x", (), (Piece("Dog.wav"), Piece("Rain-example.wav"))))
    assert not made.target.any()
    np.testing.assert_allclose(made.mixture[0], tone(1) + tone(3), atol=1e-4)  # equally loud


def test_a_silent_other_leaves_the_target_alone(tmp_path):
    benchmark = write_set(tmp_path)
    soundfile.write(tmp_path / "nothing.wav", np.zeros(RATE), RATE)
    made = make_mixture(benchmark, Item("one", "x", (Piece("Dog.wav"),), (Piece("nothing.wav"),)))
    np.testing.assert_array_equal(made.mixture, made.target)


def test_lengths_are_the_benchmarks_and_stretches_start_where_they_say(tmp_path):
    benchmark = write_set(tmp_path, seconds=2.0)
    made = make_mixture(benchmark, Item("one", "x", (Piece("Dog.wav", start=0.5, seconds=0.25),), ()))
    assert made.target.shape == (1, 2 * RATE)
    np.testing.assert_allclose(made.target[0, : RATE // 4], tone(1, 2.0)[RATE // 2 : RATE // 2 + RATE // 4], atol=1e-6)
    assert not made.target[0, RATE // 4 :].any()


def test_stereo_is_kept_unless_mono_is_wanted(tmp_path):
    benchmark = write_set(tmp_path)
    soundfile.write(tmp_path / "wide.wav", np.stack([tone(0), -tone(0)], 1), RATE, subtype="FLOAT")
    item = Item("one", "x", (Piece("wide.wav"),), (Piece("Dog.wav"),))
    assert make_mixture(replace(benchmark, mono=False), item).mixture.shape == (2, RATE)
    assert not make_mixture(benchmark, item).target.any()


def test_rates_are_brought_together_or_refused(tmp_path):
    benchmark = write_set(tmp_path)
    soundfile.write(tmp_path / "fast.wav", tone(0, rate=2 * RATE), 2 * RATE, subtype="FLOAT")
    item = Item("one", "x", (Piece("fast.wav"),), (Piece("Dog.wav"),))
    np.testing.assert_allclose(make_mixture(benchmark, item).target[0], tone(0), atol=0.02)
    with pytest.raises(UnweaveError, match="16000 and 8000 Hz"):
        make_mixture(replace(benchmark, sample_rate=None), item)


def test_lowpass_takes_the_same_out_of_both_sides(tmp_path):
    benchmark = write_set(tmp_path)
    item = Item("one", "x", (Piece("Dog.wav"),), (Piece("Rain.wav"),))
    made = make_mixture(replace(benchmark, lowpass=1500.0), item)
    np.testing.assert_allclose(made.mixture, made.target, atol=2e-3)
    np.testing.assert_allclose(made.target[0, 200:-200], tone(1)[200:-200], atol=2e-3)
