"""The harness of `make bench` on networks of a few weights, and the page that is made of what it measures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from scripts import run, script

from unweave.cli.main import run as command

ROOT = Path(__file__).parents[2]
SMOKE = ("--smoke", "--without-published", "--threads", "1")  # threads that share small layers wait for each other


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What a smoke run leaves: its folder and its figures."""
    out = tmp_path_factory.mktemp("bench")
    text = run("bench", *SMOKE, "--out", out)
    (file,) = out.glob("*.json")
    return out, json.loads(file.read_text()), text


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


def test_the_peak_of_a_command_is_its_own_and_not_that_of_who_starts_it():
    held = b"1" * (3 * 10**8)
    with script("processes") as processes:
        few, many = (processes.run([sys.executable, "-c", f"b'1' * {size}"]) for size in (1, 10**8))
        assert few["peak_mb"] < 60 < 100 < many["peak_mb"] < 200 and len(held) == 3 * 10**8
        assert 0 < few["processor"] and 0 < few["seconds"]
        with pytest.raises(SystemExit, match="failed with 3"):
            processes.run([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_run_that_goes_on_measures_nothing_twice_and_one_without_time_nothing(measured, tmp_path):
    out, data, _ = measured
    (file,) = out.glob("*.json")
    (tmp_path / file.name).write_text(json.dumps(data))
    words = [*SMOKE, "--out", tmp_path, "--go-on"]
    run("bench", *words)
    assert json.loads((tmp_path / file.name).read_text())["rows"] == data["rows"]
    rows = [row for row in data["rows"] if row["what"] == "one class" and row["cold"]]  # one case is missing
    (tmp_path / file.name).write_text(json.dumps({**data, "rows": rows}))
    run("bench", *words, "--minutes", "0")
    assert json.loads((tmp_path / file.name).read_text())["rows"] == rows
    with pytest.raises(SystemExit, match="leave --go-on out"):
        run("bench", *words, "--threads", "2")


def test_the_page_says_aims_figures_and_what_was_tried(measured):
    out, data, _ = measured
    (file,) = out.glob("*.json")
    page = out / "performance.md"
    tried = out / "tried.yaml"
    tried.write_text("- {idea: an idea of mine, gave: 2 times, kept: 'no'}\n")
    run("report_performance", file, "--tried", tried, "--out", page)
    text = page.read_text()
    assert f"## {data['machine']}" in text and "| an idea of mine | 2 times | no |" in text
    assert "`import unweave`: at most 0.3 s" in text and "Not measured: there was none at hand" in text


def test_smoke_runs_are_no_results(measured):
    out, _, _ = measured
    with script("report_performance") as report:
        assert list(out.glob("*.json")) and report.newest(out) == []


def test_the_newest_result_of_each_machine_comes_first(measured, tmp_path):
    _, data, _ = measured
    for day, machine in (("01", "one"), ("02", "another"), ("03", "one")):
        made = json.dumps({**data, "plan": "quick", "machine": machine})
        (tmp_path / f"2026-01-{day}-{machine}.json").write_text(made)
    with script("report_performance") as report:
        newest = [path.name for path in report.newest(tmp_path)]
    assert newest == ["2026-01-03-one.json", "2026-01-02-another.json"]


def test_a_later_table_of_the_model_in_the_box_takes_the_place_of_older_rows(measured, tmp_path):
    _, data, _ = measured
    box = [row for row in data["rows"] if row["model"] != "ResUNet30 + CNN14"]
    tables = {"one": {"plan": "quick"}, "two": {"plan": "box", "rows": box, "note": "It was a slow day."}}
    for day, (name, own) in enumerate(tables.items(), 1):
        made = json.dumps({**data, **own, "machine": "one", "date": f"2026-01-0{day}"})
        (tmp_path / f"2026-01-0{day}-{name}.json").write_text(made)
    with script("report_performance") as report:
        results = [json.loads(path.read_text()) for path in report.newest(tmp_path)]
        assert [one["plan"] for one in results] == ["box", "quick"]  # each stands for the machine
        text = report.page(results, [])
        alone = report.page(results[1:], [])
    assert text.count("### The model in the box, stereo") == 1 and "It was a slow day." in text
    assert text.index("## one, the model in the box") < text.index("It was a slow day.") < text.index("## one\n")
    older = text[text.index("## one\n") :]
    assert "ResUNet30 + CNN14, mono" in older and "in the box" not in older
    assert "### The model in the box, stereo" in alone  # nothing is later


def test_models_are_put_into_8_bits_by_what_the_command_line_offers(tmp_path, monkeypatch, capsys):
    """Here, as the smoke run has none of them: `models quantize` itself has tests of its own."""
    told = []

    def here(words, **_):
        told.append(words[3:])
        status = command(words[3:]) if "--help" in words else 0
        return SimpleNamespace(stdout=capsys.readouterr().out, returncode=status)

    with script("sides") as sides:
        monkeypatch.setattr(sides.subprocess, "run", here)
        assert sides.quantized(None, tmp_path) == tmp_path
        made = told[-1]
        page = here(["python", "-m", "unweave", "models", "quantize", "--help"]).stdout
        assert made[:3] == ["models", "quantize", "small"] and str(tmp_path) in made
        assert all(word in page for word in made if word.startswith("-"))
        monkeypatch.setattr(sides.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="tag", returncode=0))
        assert sides.quantized(None, tmp_path) is None  # an older version


def test_candidates_are_told_one_by_one(measured, tmp_path):
    out, data, _ = measured
    (file,) = out.glob("*.json")
    run("candidates", "--rounds", 1, "--widths", 2, 4, "--no-compile", "--out", tmp_path)
    (told,) = (json.loads(path.read_text()) for path in tmp_path.glob("*.json"))
    forms = [*told["steps"], *told["others"]]
    assert len(told["steps"]) == 6 and "norms folded into the convolutions before" in {form["name"] for form in forms}
    for form in forms:
        assert form["seconds"] > 0 and form["error"] < 1e-4, form["name"]
    page = tmp_path / "performance.md"
    run("report_performance", file, "--candidates", tmp_path, "--out", page)
    assert f"### Candidates, one by one: {data['machine']}" in page.read_text()


def test_the_odd_row_is_timed_both_ways(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "3000")  # so that this process stays as it is
    said = run("odd_row", "--rounds", 1, "--widths", 2, 4)
    sides = [line.split(":")[0] for line in said.splitlines()[1:]]
    assert sides == ["the last row by all cores", "each row by one core"]
