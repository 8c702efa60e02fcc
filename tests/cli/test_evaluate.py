"""`unweave evaluate`, `unweave prepare --evaluation` and `unweave report` on tiny data in its true layouts."""

from __future__ import annotations

import json

import pytest
from benchmark_layouts import tiny_benchmark
from untrained import write_untrained

from unweave.cli.main import run
from unweave.evaluation.rows import read_rows


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_untrained(tmp_path_factory.mktemp("model"))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_from_a_data_set_to_a_table(model, here, capsys):
    root = tiny_benchmark("fsdkaggle2018", here / "data").root
    assert run(["prepare", "fsdkaggle2018", str(root), "--evaluation", "--option", "each=2"]) == 0
    assert "6 pairs; the paper has 4 100" in capsys.readouterr().out
    assert run(["evaluate", "fsdkaggle2018", "--model", model]) == 0
    table = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    assert table["mixture"].split("\t")[1] == "0.00 (0.00 to 0.00)"
    assert set(table) >= {"ideal ratio mask", "ideal complex mask", "oracle", "average", "example", "soft", "onehot"}
    folder = here / "results/untrained/fsdkaggle2018"
    assert len(read_rows(folder)) == 6 * 8
    assert json.loads((folder / "summary.json").read_text())["run"]["expected"] == 4100
    assert run(["report", "results", "--format", "csv"]) == 0
    assert "untrained" in capsys.readouterr().out


def test_several_benchmarks_ways_and_variants_have_folders_of_their_own(model, here):
    root = tiny_benchmark("esc50", here / "data").root
    words = ["--model", model, "--ask", "onehot", "--limit", "2", "--quiet"]
    assert run(["evaluate", f"esc50={root}", f"environmental={root}", *words, "--lowpass", "2000"]) == 0
    assert run(["evaluate", f"environmental={root}", *words, "--option", "each=1", "--option", "sources=3"]) == 0
    found = sorted(path.name for path in (here / "results/untrained").iterdir())
    assert found == [
        "environmental-each=1-sources=3-limit=2",
        "environmental-lowpass=2000-limit=2",
        "esc50-lowpass=2000-limit=2",
    ]
    assert {row["system"] for row in read_rows(here / "results/untrained" / found[0])} == {
        "mixture",
        "ideal ratio mask",
        "ideal complex mask",
        "onehot",
    }


def test_scenes_are_measured_and_reported(model, here, capsys):
    root = tiny_benchmark("detection", here / "data").root
    words = ["--option", "scenes=2", "--option", "sounds=[1, 2]", "--model", model]
    assert run(["evaluate", f"detection={root}", *words]) == 0
    assert "level 1 @ own\t" in capsys.readouterr().out
    assert run(["report", "results", "--figures", "figures"]) == 0
    out, err = capsys.readouterr()
    assert "| level 1 | the model's own |" in out and "thresholds" in err
    assert [path.suffix for path in (here / "figures").iterdir()] == [".png"]


def test_silence_asked_for_is_measured(model, here, capsys):
    root = tiny_benchmark("absent", here / "data").root
    assert run(["evaluate", f"absent={root}", "--model", model]) == 0
    table = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    assert table["mixture"].startswith("0.00") and not table["onehot"].startswith("-")


def test_one_table_of_all_that_a_folder_holds(model, here, capsys):
    root = tiny_benchmark("esc50", here / "data").root
    words = ["evaluate", f"local={root}", "--model", model, "--limit", "1", "--option", f"stems={root}"]
    assert run(words) == 0
    out, err = capsys.readouterr()
    rows = [line.split("\t") for line in out.splitlines()]
    assert {len(row) for row in rows} == {5}
    figures = {row[0]: row for row in rows}
    assert figures["two sounds, 2 s, equal energy"][1:3] == ["class name", "SDRi, median per class"]
    assert figures["stems of rendered songs, 10 s"][4] == "1"
    assert figures["published ESC-50 pairs, 5 s"][3].startswith("left out: There is no esc50_published_pairs.csv")
    assert "results/untrained" in err and sorted(path.name for path in here.joinpath("results").iterdir()) == [
        "untrained"
    ]
    assert run([*words, "--quiet"]) == 0
    assert capsys.readouterr().out == out


def test_some_sets_alone_are_measured_and_reported(model, here, capsys):
    root, scene = (tiny_benchmark(name, here / name).root for name in ("objects", "demo"))
    words = ["evaluate", f"local={root}", "--model", model, "--limit", "1", "--option", f"demo={scene}"]
    assert run([*words, "--option", "only=objects,demo,demo-names"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows[0][0] == "held-out sounds"  # the names of the columns
    assert {row[0] for row in rows[1:]} == {
        "everyday objects over a bed, 4 s, 0 dB",
        "the demo scene, level 3",
        "the demo scene, auto",
        "the demo scene",
    }
    assert run(["report", "results", "--figures", "figures"]) == 0
    assert "SDRi of the found" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch"], "There is no benchmark 'nosuch'"),
        (["esc50"], "Say where the data of esc50 lies"),
        (["esc50=nowhere"], "There is no folder or file nowhere"),
        (["local"], "Say where the sounds lie, local=FOLDER"),
        (["local=nowhere"], "There is no folder or file nowhere"),
        (["local=data", "--ask", "onehot"], "no --ask, --lowpass or --precision"),
        (["local=data", "--precision", "bfloat16"], "no --ask, --lowpass or --precision"),
        (["esc50=data", "--precision", "float8"], "There is no precision 'float8'"),
        (["local=data", "--option", "fold=4"], "has the options stems=FOLDER"),
        (["local=data", "--option", "only=songs"], "There is no set 'songs' of local=DATA"),
        (["esc50=data", "--ask", "song"], "cannot be asked by 'song'"),
        (["esc50=data", "--option", "fold"], "sets nothing"),
        (["esc50=data", "--option", "flod=4"], "Did you mean 'fold'"),
        (["esc50=data", "--model", "nosuch"], "nosuch"),
        (["esc50=data", "--device", "tpu"], "tpu"),
    ],
)
def test_wrong_use_is_a_sentence(words, said, here, capsys):
    tiny_benchmark("esc50", here / "data")
    assert run(["evaluate", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err and "Traceback" not in err and len(err.splitlines()) == 1


def test_a_benchmark_is_not_written_over(here, capsys):
    root = str(tiny_benchmark("esc50", here / "data").root)
    assert run(["prepare", "esc50", root, "--evaluation", "-o", "mine"]) == 0
    assert run(["prepare", "esc50", root, "--evaluation", "-o", "mine"]) == 2
    assert run(["prepare", "esc50", "--evaluation"]) == 2
    assert "Say where the data of esc50 lies" in capsys.readouterr().err
