"""The harness of `make bench` on networks of a few weights, and the page that is made of what it measures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What a smoke run leaves: its folder and its figures."""
    out = tmp_path_factory.mktemp("bench")
    words = [sys.executable, "benchmarks/bench.py", "--smoke", "--without-published", "--out", out]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (file,) = out.glob("*.json")
    return out, json.loads(file.read_text()), done.stdout


def test_every_side_of_every_case_is_timed(measured):
    _, data, text = measured
    assert {(row["model"], row["what"]) for row in data["rows"]} == {
        ("ResUNet30 + CNN14", "one class"),
        ("the model in the box", "one class"),
    }
    assert {"ours, auto", "ours, eager", "ours, eager, published cut"} <= {row["side"] for row in data["rows"]}
    for row in data["rows"]:
        assert min(row["seconds"]) > 0 and min(row["processor"]) > 0 and 50 < row["peak_mb"] < 4000
    assert set(data["start"]) == {"import unweave", "unweave --help", "unweave tag, 10 s"}
    assert "ours, auto" in text and str(ROOT) not in text


def test_a_run_that_goes_on_measures_nothing_twice_and_one_without_time_nothing(measured, tmp_path):
    out, data, _ = measured
    (file,) = out.glob("*.json")
    (tmp_path / file.name).write_text(json.dumps(data))
    words = [sys.executable, "benchmarks/bench.py", "--smoke", "--without-published", "--out", tmp_path, "--go-on"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / file.name).read_text())["rows"] == data["rows"]
    data["rows"] = [row for row in data["rows"] if row["what"] == "one class" and row["cold"]]  # one case is missing
    (tmp_path / file.name).write_text(json.dumps(data))
    done = subprocess.run([*words, "--minutes", "0"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / file.name).read_text())["rows"] == data["rows"]
    done = subprocess.run([*words, "--threads", "1"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "leave --go-on out" in done.stderr


def test_the_page_says_aims_figures_and_what_was_tried(measured):
    out, data, _ = measured
    (file,) = out.glob("*.json")
    page = out / "performance.md"
    tried = out / "tried.yaml"
    tried.write_text("- {idea: an idea of mine, gave: 2 times, kept: 'no'}\n")
    words = [sys.executable, "benchmarks/report_performance.py", file, "--tried", tried, "--out", page]
    subprocess.run(words, cwd=ROOT, check=True)
    text = page.read_text()
    assert f"## {data['machine']}" in text and "| an idea of mine | 2 times | no |" in text
    assert "`import unweave`: at most 0.3 s" in text and "Not measured: there was none at hand" in text


def test_smoke_runs_are_no_results(measured):
    out, _, _ = measured
    page = out / "none.md"
    code = "import sys; sys.path.insert(0, 'benchmarks'); import report_performance as r; from pathlib import Path;"
    code += f"print(r.newest(Path({str(out)!r})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]" and not page.exists()


def test_the_newest_result_of_each_machine_comes_first(measured, tmp_path):
    _, data, _ = measured
    for day, machine in (("01", "one"), ("02", "another"), ("03", "one")):
        made = json.dumps({**data, "plan": "quick", "machine": machine})
        (tmp_path / f"2026-01-{day}-{machine}.json").write_text(made)
    code = "import sys; sys.path.insert(0, 'benchmarks'); import report_performance as r; from pathlib import Path;"
    code += f"print(*(path.name for path in r.newest(Path({str(tmp_path)!r}))))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2026-01-03-one.json", "2026-01-02-another.json"]


def test_candidates_are_told_one_by_one(measured, tmp_path):
    out, data, _ = measured
    (file,) = out.glob("*.json")
    words = [sys.executable, "benchmarks/candidates.py", "--rounds", "1", "--widths", "4", "8", "--no-compile"]
    subprocess.run([*words, "--out", tmp_path], cwd=ROOT, check=True, capture_output=True)
    (told,) = (json.loads(path.read_text()) for path in tmp_path.glob("*.json"))
    forms = [*told["steps"], *told["others"]]
    assert len(told["steps"]) == 6 and "norms folded into the convolutions before" in {form["name"] for form in forms}
    for form in forms:
        assert form["seconds"] > 0 and form["error"] < 1e-4, form["name"]
    page = tmp_path / "performance.md"
    words = [sys.executable, "benchmarks/report_performance.py", file, "--candidates", tmp_path, "--out", page]
    subprocess.run(words, cwd=ROOT, check=True)
    assert f"### Candidates, one by one: {data['machine']}" in page.read_text()
