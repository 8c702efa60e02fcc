"""The compact table: which figure of which run stands in a line."""

from __future__ import annotations

import pytest
from made_up_run import write_run

from unweave.evaluation.glance import glance_table
from unweave.evaluation.local_sets import local_sets
from unweave.evaluation.rows import RowWriter
from unweave.evaluation.runs import Run


@pytest.fixture
def without(tmp_path):
    """No set is there."""
    (tmp_path / "index.csv").write_text("path,dataset,split,source_group,label,audioset_mid,source_sr\n")
    return {one.key: f"no {one.key} here" for one in local_sets(tmp_path)}


def shown(found, begin, figure=""):
    rows = glance_table("made", found).rows
    return next(row for row in rows if row[0].startswith(begin) and row[2].startswith(figure))


def test_the_low_passed_are_compared_on_the_mixtures_that_both_have(tmp_path, without):
    def value(loss):
        return lambda system, label, number, column: 0.0 if system == "mixture" else 10.0 * (number + 1) - loss

    full = write_run(tmp_path / "full", labels={"Dog": 4}, value=value(0.0), asked=("onehot",))
    low = write_run(tmp_path / "low", labels={"Dog": 2}, value=value(1.5), asked=("onehot",), lowpass=8000.0)
    both = {**without, "environmental": full, "lowpass": low}
    assert shown(both, "two sounds, 2 s, equal")[3:] == ("25.00 [10.00, 40.00]", "4")
    assert shown(both, "two sounds, 2 s, all below", "SDRi less")[3:] == ("-1.50 [-1.50, -1.50]", "2")
    assert shown({**without, "lowpass": low}, "two sounds, 2 s, all below", "SDRi less")[3:] == ("-", "0")


def test_speech_is_better_than_the_mixture_at_each_ratio(tmp_path, without):
    def value(system, label, number, column):
        return number * 0.1 + (0 if system == "mixture" else {"stoi": 0.025, "pesq": 0.5}.get(column, 3.0) + number)

    run = write_run(
        tmp_path / "speech",
        labels={"Speech": 4},
        value=value,
        columns=("si_sdr", "pesq", "ssnr", "stoi"),
        asked=("onehot",),
        part=lambda number: f"{5 * number} dB",
        summary="mean",
    )
    found = {**without, "speech-in-noise": run}
    for number in range(4):
        what = f"speech in environmental noise, {5 * number} dB"
        assert shown(found, what, "PESQ")[3] == f"{number + 0.5:.2f} [{number + 0.5:.2f}, {number + 0.5:.2f}]"
        assert shown(found, what, "STOI")[3].startswith(f"{number + 0.025:.3f} [") and shown(found, what)[4] == "1"


def test_pairs_by_example_are_those_that_have_a_name_and_all(tmp_path, without):
    run = write_run(
        tmp_path / "pairs",
        labels={"Dog": 4},
        value=lambda system, label, number, column: float(number),
        asked=("onehot", "example"),
        part=lambda number: "unnamed" if number == 3 else "",
        summary="mean",
    )
    found = {**without, "published-pairs": run}
    assert shown(found, "the same pairs")[3].startswith("1.00 [") and shown(found, "the same pairs")[4] == "3"
    assert shown(found, "all pairs")[3].startswith("1.50 [") and shown(found, "all pairs")[4] == "4"


def test_what_sounds_when_is_at_the_models_own_threshold(tmp_path, without):
    counts = {"own": (6.0, 1.0, 1.0), "0.5": (1.0, 0.0, 9.0)}
    folder = tmp_path / "scenes"
    systems = [f"level {level} @ {name}" for level in (1, 2, 3) for name in counts]
    columns = ("segment_tp", "segment_fp", "segment_fn")
    write_run(folder, "small", "detection", labels={"scene": 1}, systems=systems, columns=columns)
    (folder / "rows.csv").unlink()
    writer = RowWriter(folder / "rows.csv", columns)
    keys = {"item": "scene", "label": "scene", "group": "", "part": ""}
    for system in systems:
        tp, fp, fn = counts[system.split(" @ ")[1]]
        level = int(system.split()[1])
        row = dict(zip(columns, (tp - level + 1, fp, fn + level - 1), strict=True))
        writer.append([{**keys, "system": system, **row}])
    writer.close()
    found = {**without, "detection": Run(folder)}
    for level in (1, 2, 3):
        hits = 6.0 - level + 1
        assert shown(found, f"what sounds when in 10 s, level {level}")[3].startswith(f"{2 * hits / (hits + 8):.2f} [")
