"""The sets of a folder with sounds of many kinds: which there are, and that the first ones stay as they were."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from benchmark_layouts import RATE, sine, tiny_benchmark, write
from layouts import write_layout
from untrained import write_untrained

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.detection import JOINED
from unweave.evaluation.fingerprint import data_fingerprint
from unweave.evaluation.glance import glance_table
from unweave.evaluation.local import Local, local_runs
from unweave.evaluation.local_sets import local_sets
from unweave.evaluation.runs import Run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_benchmark("scenes", tmp_path_factory.mktemp("folders"), 0.6).root


def test_sets_that_are_wanted_are_chosen(data: Path) -> None:
    keys = [one.key for one in local_sets(data)]
    assert len(set(keys)) == len(keys)
    assert [one.key for one in local_sets(data, only=["scenes", "environmental"])] == ["environmental", "scenes"]
    with pytest.raises(UnweaveError, match="no set 'songs'.*never-worse"):
        local_sets(data, only=["songs"])


def test_clips_that_join_do_not_change_the_first_scenes(tmp_path: Path) -> None:
    root = write_layout("index", tmp_path, clips_per_class=6, seconds=0.6)
    before = next(iter(local_sets(root, only=["detection"]))).build()
    with open(root / "index.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    place = {name: number for number, name in enumerate(rows[0])}
    for number, dataset in enumerate(JOINED):
        write(root / f"{dataset}.wav", sine(0.6, 500.0 + number))
        row = {"path": f"{dataset}.wav", "dataset": dataset, "split": "valid", "source_group": dataset}
        row |= {"label": "Glass", "audioset_mid": "/m/039jq", "source_sr": str(RATE)}
        rows.append([row.get(name, "") for name in place])
    with open(root / "index.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    after = next(iter(local_sets(root, only=["detection"]))).build()
    assert list(after.items) == list(before.items) and data_fingerprint(after) == data_fingerprint(before)


def test_mends_reach_the_sets_of_many_folders(data: Path, tmp_path: Path) -> None:
    with open(data / "index.csv", newline="", encoding="utf-8") as file:
        glass = [row["path"] for row in csv.DictReader(file) if row["label"] == "Glass"]
    mends = tmp_path / "mends.csv"
    lines = ["path,column,value,was,why", *(f"{path},audioset_name,Door,Glass,a door" for path in glass)]
    mends.write_text("\n".join(lines) + "\n")
    (one,) = local_sets(data, mends=mends, only=["two-sounds"])
    labels = {item.label for item in one.build().items}
    assert "Door" in labels and "Glass" not in labels


def test_scenes_and_sounds_at_levels_are_measured(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unweave.evaluation.benchmarks.scenes.SECONDS", (8.0, 9.0))
    monkeypatch.setattr("unweave.evaluation.benchmarks.scenes.in_half", lambda group, half: True)
    monkeypatch.setattr("unweave.evaluation.benchmarks.never_worse.in_half", lambda group, half: True)
    local = Local(data, tmp_path, write_untrained(tmp_path), limit=8, only=("never-worse",))
    found = local_runs(local)
    run = found["never-worse"]
    assert isinstance(run, Run) and run.systems == ("mixture", "onehot") and list(found) == ["never-worse"]
    rows = {(row[0], row[2].split(",")[0]): row for row in glance_table("untrained", found).rows}
    assert rows["a sound from -10 to 20 dB over the others", "the worst SDRi"][3] != "-"
    few = local_runs(Local(data, tmp_path, local.model, limit=1, only=("scenes",)))
    table = glance_table("untrained", few).rows
    assert len(table) == 4 * 7 and {row[4] for row in table} <= {"1", "0"}
