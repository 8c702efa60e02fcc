"""Speech in noise beside denoisers: what is left out is said, delays are taken out, and all is on the same items."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmark_layouts import tiny_benchmark
from untrained import write_untrained

from unweave.evaluation.local import Local, local_runs
from unweave.evaluation.local_sets import local_sets
from unweave.evaluation.mixtures import make_mixture

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SET = "speech-in-noise"


@pytest.fixture
def denoisers(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("denoisers")


@pytest.fixture
def speech(tmp_path):
    root = tiny_benchmark(SET, tmp_path / "data").root
    local = Local(root, tmp_path / "results", write_untrained(tmp_path), limit=4, only=(SET,))
    return local, local_runs(local)[SET], local_sets(root, only=(SET,))[0].build(4)


def later(samples):
    """A denoiser that gives back what it was given, so many samples later."""
    return lambda folder: lambda wave: np.concatenate([np.zeros(samples, np.float32), wave])


def test_a_delay_is_found_and_taken_out(denoisers):
    noise = np.random.default_rng(0).standard_normal(8000).astype(np.float32)
    for samples in (0, 7, 700):
        made = later(samples)(Path())(noise)
        assert denoisers.delay(noise, made, 800) == samples
        same = denoisers.cleaned(noise[None], 8000, later(samples)(Path()), 8000)
        assert same.shape == (1, 8000) and np.allclose(same, noise, atol=1e-6)


def test_at_another_rate_the_length_stays(denoisers):
    wave = np.sin(np.arange(8000) / 20).astype(np.float32)[None]
    again = denoisers.cleaned(wave, 8000, later(480)(Path()), 48000)
    assert again.shape == wave.shape and np.abs(again - wave)[:, 400:-400].max() < 0.02


def test_the_mixture_the_denoisers_and_the_model_stand_in_one_table(denoisers, speech):
    _, run, benchmark = speech
    known = {
        "as it was": denoisers.Denoiser("numpy", "numpy", 8000, later(5)),
        "gone": denoisers.Denoiser("no-such-package", "no_such_module", 8000, later(0)),
    }
    table = denoisers.compare(run, benchmark, known)
    systems = [row[1] for row in table.rows if row[0] == "0 dB"]
    assert systems == ["the noisy speech", "as it was", "untrained, asked for Speech"]
    assert "gone is left out: pip install no-such-package." in table.notes
    noisy, same = (row[2].split(" ")[0] for row in table.rows if row[0] == "0 dB" and row[1] in systems[:2])
    assert float(noisy) == pytest.approx(float(same), abs=0.5)
    assert len(make_mixture(benchmark, benchmark.items[0]).target) == 1


def test_a_package_for_another_machine_is_said(denoisers, tmp_path):
    (tmp_path / "half").mkdir()
    (tmp_path / "half/__init__.py").touch()
    sys.path.insert(0, str(tmp_path))
    try:
        known = {"RNNoise": denoisers.Denoiser("half", "half", 48000, denoisers.rnnoise)}
        there, missing = denoisers.available(known)
    finally:
        sys.path.remove(str(tmp_path))
    assert not there and missing == [
        "RNNoise is left out: half holds no librnnoise.so; its package is for another machine."
    ]


def test_the_script_prints_the_table(denoisers, speech, capsys, monkeypatch):
    local, _, _ = speech
    monkeypatch.setattr(denoisers, "DENOISERS", {})
    place = ["--data", str(local.data), "--results", str(local.results.parent / "results"), "--limit", "4"]
    denoisers.main([*place, "--model", local.model])
    out = capsys.readouterr().out
    assert out.count("asked for Speech") >= 1 and "the noisy speech" in out


@pytest.mark.parametrize("name", ["RNNoise", "DTLN", "GTCRN", "DeepFilterNet3"])
def test_those_that_are_installed_make_noise_quieter_than_speech_like_sound(denoisers, name):
    there, missing = denoisers.available({name: denoisers.DENOISERS[name]})
    if name not in there:
        pytest.skip(missing[0])
    denoise, rate = there[name]
    noise = 0.05 * np.random.default_rng(0).standard_normal((1, 2 * rate)).astype(np.float32)
    assert np.square(denoisers.cleaned(noise, rate, denoise, rate)).mean() < 0.5 * np.square(noise).mean()
