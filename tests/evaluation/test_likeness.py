import inspect
from pathlib import Path

import pytest
from made_up_run import write_run

from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.likeness import OPTIONS, sentences, unlike
from unweave.evaluation.paper import COLUMNS
from unweave.evaluation.runs import Run


def test_a_row_is_like_the_paper_and_says_nothing(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", expected=6)
    assert unlike(run) == [] == sentences(run)


@pytest.mark.parametrize(("count", "said"), [(89, True), (90, False), (100, False), (101, True)])
def test_nine_tenths_of_the_papers_items_will_do_and_no_fewer_or_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, said: bool
) -> None:
    monkeypatch.setattr(Run, "count", property(lambda run: (count, "items", 100)))
    assert unlike(write_run(tmp_path / "r")) == ([f"{count} items, not 100"] if said else [])


def test_half_precision_is_another_measurement(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r")
    run.about["model"]["precision"] = "bfloat16"
    assert unlike(run) == ["computed in bfloat16"]


def test_a_card_of_another_row_says_nothing_of_this_one(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r")
    run.about["model"]["paper_row"]["row"] = "table2-cnn10"
    assert unlike(run) == ["it does not say how it was trained"]


def test_every_benchmark_of_the_paper_is_held_to_what_its_builder_takes() -> None:
    assert OPTIONS.keys() == {column.benchmark for column in COLUMNS}
    for name, options in OPTIONS.items():
        taken = inspect.signature(benchmarks.builder(name)).parameters
        for key, value in options.items():
            default = taken[key].default
            assert ("all" if default is None else default) == value, "unless asked otherwise it is the paper's"
