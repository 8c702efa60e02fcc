"""A run goes on after a kill with the same rows, in one process or several; another run's folder is refused."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sets import write_set
from untrained import write_untrained

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.prepared import save_benchmark
from unweave.evaluation.run import Setup, chunked, evaluate
from unweave.evaluation.workers import measure_in_processes

SLOW = """
import sys, time
from unweave.evaluation import run
from unweave.evaluation.benchmarks.prepared import open_benchmark
measured = run._measured
def slowly(*arguments):
    for rows in measured(*arguments):
        yield rows
        time.sleep(0.3)
run._measured = slowly
run.TOGETHER = 2.0
run.evaluate(run.Setup(sys.argv[1], open_benchmark(sys.argv[2]), threads=1), run.Path(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_untrained(tmp_path_factory.mktemp("model"))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr("unweave.evaluation.run.TOGETHER", 2.0)


def rows(folder: Path) -> bytes:
    return (folder / "rows.csv").read_bytes()


def test_a_run_that_is_killed_at_any_moment_goes_on_with_the_same_rows(model, tmp_path, small_chunks):
    benchmark = write_set(tmp_path, count=12)
    save_benchmark(benchmark, tmp_path / "prepared")
    evaluate(Setup(model, benchmark), tmp_path / "whole")
    command = [sys.executable, "-c", SLOW, model, tmp_path / "prepared", tmp_path / "killed"]
    for enough in (1, 3):
        process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})
        path = tmp_path / "killed" / "rows.csv"
        while process.poll() is None and not (path.exists() and path.read_bytes().count(b"\n") > enough * 16):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    with open(path, "ab") as file:
        file.write(b"half a li")
    assert rows(tmp_path / "killed") != rows(tmp_path / "whole")
    evaluate(Setup(model, benchmark), tmp_path / "killed")
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")


def test_two_processes_give_the_rows_of_one(model, tmp_path, small_chunks):
    benchmark = write_set(tmp_path, count=8)
    summary = evaluate(Setup(model, benchmark, threads=1), tmp_path / "one")
    assert summary == evaluate(Setup(model, benchmark, threads=1), tmp_path / "two", workers=2)
    assert rows(tmp_path / "one") == rows(tmp_path / "two")


def test_what_a_process_cannot_do_is_said(tmp_path):
    benchmark = write_set(tmp_path)
    with pytest.raises(UnweaveError, match="process that measures died"):
        list(measure_in_processes(Setup("nosuch", benchmark), [benchmark.items], 1))


def test_the_summary_says_what_was_measured_and_parts_stand_apart(model, tmp_path):
    benchmark = write_set(tmp_path)
    summary = evaluate(Setup(model, benchmark, ("oracle", "onehot")), tmp_path / "run")
    assert set(summary["figures"]) == {"all", "early", "late"}
    whole = summary["figures"]["all"]
    assert list(whole) == ["mixture", "ideal ratio mask", "ideal complex mask", "oracle", "onehot"]
    assert whole["mixture"]["sdri"] == {"value": 0.0, "low": 0.0, "high": 0.0, "items": 6, "left_out": 0}
    told = json.loads((tmp_path / "run/summary.json").read_text())["run"]
    assert told["model"]["name"] == "untrained" and told["count"] == 6 and told["seconds"] > 0
    assert {"commit", "date", "machine", "data", "unweave"} <= set(told)


@pytest.mark.parametrize("change", [{"lowpass": 1000.0}, {"summary": "mean"}, {"metrics": ("si_sdr",)}])
def test_a_folder_of_another_run_is_refused_and_left_alone(model, tmp_path, change):
    benchmark = write_set(tmp_path)
    evaluate(Setup(model, benchmark, ("onehot",)), tmp_path / "run")
    before = rows(tmp_path / "run")
    with pytest.raises(UnweaveError, match="holds a run with another"):
        evaluate(Setup(model, replace(benchmark, **change), ("onehot",)), tmp_path / "run")
    assert rows(tmp_path / "run") == before


def test_a_folder_of_something_else_is_refused(model, tmp_path):
    benchmark = write_set(tmp_path)
    with pytest.raises(UnweaveError, match="holds something that is no run"):
        evaluate(Setup(model, benchmark), tmp_path)


def test_chunks_hold_every_item_once_and_songs_stand_alone(tmp_path):
    benchmark = write_set(tmp_path, count=50)
    chunks = chunked(benchmark)
    assert [item for chunk in chunks for item in chunk] == list(benchmark.items) and len(chunks) == 2
    assert {len(chunk) for chunk in chunked(replace(benchmark, seconds=None))} == {1}


def test_a_quantised_model_is_measured_in_its_8_bits(model, tmp_path):
    from unweave.pretrained.load import load_model
    from unweave.quantising.write import quantise

    eight = quantise(load_model(model, "cpu", backend="eager"), tmp_path / "eight", pairs=2)
    benchmark = write_set(tmp_path, count=2)
    evaluate(Setup(model, benchmark), tmp_path / "float")
    evaluate(Setup(str(eight), benchmark), tmp_path / "eight-run")
    told = [json.loads((tmp_path / name / "run.json").read_text())["model"] for name in ("float", "eight-run")]
    assert [one["backend"] for one in told] == ["eager", "openvino"]
    assert told[0]["fingerprint"] == told[1]["fingerprint"]
    assert rows(tmp_path / "float") != rows(tmp_path / "eight-run")


def test_half_precision_is_measured_and_kept_apart(model, tmp_path):
    benchmark = write_set(tmp_path, count=2)
    exact = evaluate(Setup(model, benchmark), tmp_path / "float")
    half = Setup(model, benchmark, precision="bfloat16")
    near = evaluate(half, tmp_path / "half")
    assert json.loads((tmp_path / "half" / "run.json").read_text())["model"]["precision"] == "bfloat16"
    assert rows(tmp_path / "float") != rows(tmp_path / "half")
    figures = [summary["figures"]["all"]["onehot"]["sdri"]["value"] for summary in (exact, near)]
    assert figures[0] == pytest.approx(figures[1], abs=0.2)
    with pytest.raises(UnweaveError, match="another model"):
        evaluate(half, tmp_path / "float")
