"""`--manifest` on the command line, with the tiny model in this process in place of workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from campaigns import MODEL, last_rows, make_recordings

from unweave.batch import start
from unweave.batch.hands import Hands, Inline
from unweave.batch.job import Job
from unweave.batch.outputs import Writes, output_of
from unweave.batch.work import Worker
from unweave.cli.main import run


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Job]]:
    jobs: list[Job] = []
    parts: list[Writes] = []

    def hands(job: Job, cluster: str | None, workers: int | None) -> Hands:
        jobs.append(job)
        output = output_of(job.out)
        parts.append(output.part())
        return Inline(Worker(job, parts[-1], MODEL, output))

    monkeypatch.setattr(start, "hands_for", hands)
    yield jobs
    for part in parts:
        part.__exit__(None, None, None)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(MODEL.save(tmp_path_factory.mktemp("models") / "tiny"))


def test_a_folder_is_done_with_the_options_that_were_given_and_status_says_so(
    tmp_path: Path, model: str, here: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = make_recordings(tmp_path / "in", 4, bad=(1,)), tmp_path / "out"
    (source / "notes.md").touch()
    words = ["separate", str(source), "-o", str(out), "--manifest", "--model", model, "--class", "Dog", "--no-residual"]
    assert run([*words, "--format", "flac"]) == 2
    said = capsys.readouterr()
    assert said.out == f"{out}\n"
    assert "1/001.wav cannot be read as sound" in said.err and "1 .md" in said.err and "3 done, 1 failed" in said.err
    assert [track["file"] for track in last_rows(out)["0/000.wav"].tracks] == ["classes/Dog.flac"]
    assert not list(out.rglob("overview.png"))
    assert run([*words, "--format", "flac", "--json", "--retry-failed", "--overview"]) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 4 and len(list(out.rglob("overview.png"))) == 3, "other settings"
    assert run(["status", str(out)]) == 0
    assert "done\t3 of 4\nfailed\t1\n" in capsys.readouterr().out
    assert run(["status", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == 3


def test_tags_and_changed_recordings_have_their_manifests_too(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = make_recordings(tmp_path / "in", 2)
    assert run(["tag", f"{source}/*/*.wav", "-o", str(tmp_path / "tags"), "--manifest", "--model", model]) == 0
    row = last_rows(tmp_path / "tags")["1/001.wav"]
    plain = json.loads((tmp_path / "tags" / "1" / "001" / "tags.json").read_text())
    assert plain["events"][0]["class"] == row.events[0][0] == "Dog"
    words = ["separate", str(source), "-o", str(tmp_path / "out"), "--manifest", "--model", model, "--remove", "Dog"]
    assert run(words) == 0
    assert (tmp_path / "out" / "1" / "001" / "001.removed.wav").is_file()


def test_shards_are_told_and_imply_the_manifest(tmp_path: Path, model: str, here: list[Job]) -> None:
    source, out = make_recordings(tmp_path / "in", 6), tmp_path / "out"
    for shard in ("1/2", "2/2"):
        assert run(["tag", str(source), "-o", str(out), "--shard", shard, "--model", model]) == 0
    assert len(last_rows(out)) == 6 and len(here) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--shard", "9/8"], "the parts of eight are"),
        (["--workers", "2"], "--workers goes with --manifest"),
        (["--manifest", "--workers", "0"], "whole number from 1 on"),
        (["--manifest", "--class", "Dgo"], "'Dog'"),
        (["--manifest", "-"], "in place of -"),
        (["--manifest", "--device", "tpu"], "no device"),
    ],
)
def test_wrong_use_is_one_line_and_2_and_writes_nothing(
    tmp_path: Path, model: str, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = make_recordings(tmp_path / "in", 1)
    before = sorted(tmp_path.rglob("*"))
    assert run(["separate", str(source), "-o", str(tmp_path / "out"), "--model", model, *words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and sentence in said.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_without_a_manifest_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = make_recordings(tmp_path / "in", 1)
    assert run(["separate", str(source)]) == 2
    assert "is a folder" in capsys.readouterr().err
    assert run(["tag", str(source / "0" / "000.wav"), "-o", "x"]) == 2
    assert "-o goes with --manifest" in capsys.readouterr().err
    assert run(["status", str(source)]) == 2
    assert "has no manifest" in capsys.readouterr().err


def test_results_go_to_a_store_and_status_reads_it_there(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("fsspec", reason="needs fsspec: pip install 'unweave[scale]'")
    source, out = make_recordings(tmp_path / "in", 2), "memory://told/out"
    for command in ("separate", "tag"):
        assert run([command, str(source), "-o", f"{out}/{command}", "--manifest", "--model", model]) == 0
        assert capsys.readouterr().out == f"{out}/{command}\n"
    assert run(["status", f"{out}/tag"]) == 0
    assert "done\t2 of 2\n" in capsys.readouterr().out
    assert not [path for path in Path.cwd().iterdir() if path.name.startswith("memory:")], "no path was made of it"


@pytest.mark.parametrize(
    ("out", "more", "sentence"),
    [
        ("s3://bucket/out", [], "or add --manifest"),
        ("nosuchstore://bucket/out", ["--manifest"], "cannot be opened"),
        ("zip://out::all.zip", ["--manifest"], "takes no files one at a time"),
        ("http://127.0.0.1:9/out", ["--manifest"], "takes no files"),
    ],
)
def test_addresses_that_cannot_be_written_are_a_sentence(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str], out: str, more: list[str], sentence: str
) -> None:
    pytest.importorskip("fsspec", reason="needs fsspec: pip install 'unweave[scale]'")
    source = make_recordings(tmp_path / "in", 1)
    assert run(["separate", str(source / "0" / "000.wav"), "-o", out, "--model", model, *more]) == 2
    said = capsys.readouterr()
    assert sentence in said.err and said.err.count("\n") == 1 and not said.out
