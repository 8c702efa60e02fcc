"""All held-out sets of a folder: what is measured, what is left out and why, which runs are taken."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import pytest
import torch
from benchmark_layouts import tiny_benchmark
from untrained import write_untrained

from unweave.errors import UnweaveError
from unweave.evaluation.glance import glance_table, lines
from unweave.evaluation.local import Local, local_runs
from unweave.evaluation.local_sets import PAIRS, local_sets
from unweave.evaluation.run import Setup, evaluate
from unweave.evaluation.runs import Run
from unweave.pretrained.load import load_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_untrained(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Environmental clips, speakers and stems of songs, and two published pairs."""
    root = tiny_benchmark("esc50", tmp_path_factory.mktemp("data")).root
    with open(root / PAIRS, "w", newline="", encoding="utf-8") as file:
        rows = [("0", "dog", "4-20-A-0.wav", "4-31-A-1.wav"), ("1", "can", "4-23-A-9.wav", "4-20-A-0.wav")]
        csv.writer(file).writerows([("idx", "caption", "src_wav", "noise_wav"), *rows])
    return root


@pytest.fixture(scope="module")
def measured(model, data, tmp_path_factory):
    """What is measured of two items of each set, and their runs."""
    local = Local(data, tmp_path_factory.mktemp("results"), model, limit=2)
    return local, local_runs(local)


def part_of(data, folder, *datasets):
    """Some of the data sets alone."""
    rows = list(csv.reader((data / "index.csv").read_text().splitlines()))
    kept = [row for row in rows[1:] if row[1] in datasets]
    for name in {row[0].split("/")[0] for row in kept}:
        shutil.copytree(data / name, folder / name)
    with open(folder / "index.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([rows[0], *kept])
    return folder


def test_every_line_has_its_figure_or_the_reason_why_not(measured):
    local, found = measured
    absent = {"instruments", "objects", "detection", "scenes", "never-worse", "demo", "demo-names"}
    assert {key for key, run in found.items() if not isinstance(run, Run)} == absent
    rows = glance_table("untrained", found).rows
    assert len(rows) == len([line for line in lines() if line.key not in absent]) + len(absent)
    left = [row for row in rows if row[3].startswith("left out: ")]
    assert len(left) == len(absent) and "there are not enough" in left[2][3]
    assert left[2][0] == "what sounds when in 10 s" and "no held-out clip" in left[0][3]
    for row in rows:
        assert row in left or (row[3] == "-") == (row[4] == "0")


def test_only_what_is_shown_is_measured(measured):
    _, found = measured
    assert found["environmental"].systems == ("mixture", "onehot")
    assert found["published-pairs"].systems == ("mixture", "example", "onehot")
    assert found["lowpass"].about["lowpass"] == 8000.0


def test_the_figures_are_those_of_the_benchmarks_themselves(measured, model, tmp_path):
    local, found = measured
    one = next(one for one in local_sets(local.data) if one.key == "three-sources")
    whole = evaluate(Setup(model, one.build(local.limit)), tmp_path / "run")["figures"]["all"]["onehot"]["sdri"]
    row = next(row for row in glance_table("untrained", found).rows if row[0].startswith("three sounds"))
    assert row[3] == f"{whole['value']:.2f} [{whole['low']:.2f}, {whole['high']:.2f}]" and row[4] == "2"


def test_the_same_again_measures_nothing(measured):
    local, found = measured
    rows = {path: path.stat().st_mtime_ns for path in local.results.rglob("rows.csv")}
    assert len(rows) == 9
    again = local_runs(local)
    assert glance_table("untrained", again) == glance_table("untrained", found)
    assert {path: path.stat().st_mtime_ns for path in local.results.rglob("rows.csv")} == rows


def test_a_whole_run_that_is_there_is_taken_and_no_other(model, data, tmp_path):
    data = part_of(data, tmp_path, "freedoom_stems")
    local = Local(data, tmp_path / "results", model, limit=2)
    stems = next(one for one in local_sets(data) if one.key == "stems")
    full, own = tmp_path / "results/all ways", tmp_path / "results/local/stems-limit=2"
    evaluate(Setup(model, stems.build(2)), full)
    about, rows = (full / "run.json").read_text(), (full / "rows.csv").read_text()

    def folder(said=about, written=rows):
        (full / "run.json").write_text(said)
        (full / "rows.csv").write_text(written)
        return local_runs(local)["stems"].folder

    def changed(**changes):
        return json.dumps({**json.loads(about), **changes})

    assert folder() == full and not own.exists()
    assert folder(changed(data="of other sounds")) == folder(changed(lowpass=100.0)) == own
    assert folder(changed(model={**json.loads(about)["model"], "fingerprint": "of other weights"})) == own
    assert folder(changed(systems=["mixture", "oracle"])) == own
    assert folder(written="".join(rows.splitlines(True)[:10])) == own  # unfinished
    assert folder("{") == own and folder() == full


def test_other_weights_do_not_go_on_in_the_same_folder(measured, model, tmp_path):
    local, _ = measured
    other = load_model(model)
    with torch.no_grad():
        next(other.separator.parameters()).add_(1)
    with pytest.raises(UnweaveError, match="another model"):
        local_runs(replace(local, model=str(other.save(tmp_path / "other"))))


def test_sets_that_are_not_there_are_named(model, data, tmp_path):
    found = local_runs(Local(part_of(data, tmp_path, "esc50"), tmp_path / "results", model, limit=1))
    assert "of the data set 'librispeech_small'" in found["speech-in-noise"]
    assert "of the data set 'freedoom_stems'" in found["stems"]
    assert f"There is no {PAIRS}" in found["published-pairs"]
    rows = {row[0]: row for row in glance_table("untrained", found).rows}
    assert rows["stems of rendered songs, 10 s"][3] == f"left out: {found['stems']}"
    assert rows["speech in environmental noise"][3].startswith("left out: ")
    assert not any(what.endswith("15 dB") for what in rows)


def test_stems_may_lie_elsewhere(model, data, tmp_path):
    stems = tmp_path / "stems"
    stems.mkdir()
    local = Local(part_of(data, tmp_path, "esc50"), tmp_path / "results", model, part_of(data, stems, "freedoom_stems"))
    found = local_runs(replace(local, limit=1))
    assert isinstance(found["stems"], Run) and found["stems"].benchmark == "stems"


def test_a_folder_without_anything_is_an_error(model, data, tmp_path):
    with pytest.raises(UnweaveError, match="is no index.csv"):
        local_sets(tmp_path)
    with pytest.raises(UnweaveError, match="Nothing in"):
        local_runs(Local(part_of(data, tmp_path, "nothing"), tmp_path / "results", model))
