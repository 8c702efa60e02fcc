from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from made_up_run import likely, noise, write_run

from unweave.errors import UnweaveError
from unweave.evaluation.figures import fig7, scatter
from unweave.evaluation.figures.canvas import save
from unweave.evaluation.figures.fig7 import draw_figure7
from unweave.evaluation.figures.scatter import draw_scatter
from unweave.evaluation.runs import Run
from unweave.ontology import Ontology

NAMES = [label.name for label in Ontology().labels]
SIZES = {1: 3, 40: 2, 527: 1}
FEW = ("mixture", "oracle", "average")


def run_with(folder: Path, count: int, clips: bool = True, **more: Any) -> Run:
    names = NAMES[80 : 80 + count] if count < 400 else NAMES
    counted = {name: int(50 * 10 ** abs(noise(name, "clips"))) for name in names} if clips else {}
    labels = dict.fromkeys(names, SIZES.get(count, 2))
    return write_run(folder, labels=labels, systems=FEW, clips=counted, **more)


def drawn(monkeypatch: pytest.MonkeyPatch, module: Any) -> list[Any]:
    """The figures that are drawn from now on."""
    kept: list[Any] = []

    def keep(figure: Any, path: Path) -> Path:
        kept.append(figure)
        return save(figure, path)

    monkeypatch.setattr(module, "save", keep)
    return kept


def inks(path: Path) -> int:
    """How many points are not white."""
    from matplotlib.image import imread

    return int((imread(path)[..., :3].min(axis=2) < 0.9).sum())


def assert_no_text_overlaps(figure: Any, texts: list[Any]) -> None:
    from matplotlib.text import Text

    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), Text.get_window_extent(text, renderer)) for text in texts if text.get_text()]
    page = figure.bbox
    for name, box in boxes:
        assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1, f"{name} is cut off"
    for (one, first), (two, second) in combinations(boxes, 2):
        assert not first.overlaps(second), f"{one} lies on {two}"


@pytest.mark.parametrize("count", SIZES)
def test_figure7_is_drawn_and_names_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    run = run_with(tmp_path / "r", count)
    kept = drawn(monkeypatch, fig7)
    assert inks(draw_figure7(run, tmp_path / "f.png")) > 3000
    (figure,) = kept
    shown = [text.get_text() for axis in figure.axes[1::2] for text in axis.get_xticklabels()]
    assert len(shown) == count
    legend = figure.legends[0].get_texts()
    assert [text.get_text() for text in legend] == ["oracle embedding", "average embedding"]
    for axis in figure.axes[1::2]:
        assert_no_text_overlaps(figure, [*axis.get_xticklabels(), *legend, *figure.texts])


def test_figure7_is_sorted_by_the_oracle_with_the_clips_of_each_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = {"Dog": 3.0, "Rain": 9.0, "Bell": 6.0}

    def value(system: str, label: str, number: int, column: str) -> float:
        return {"mixture": 0.0, "oracle": heights[label], "average": -heights[label]}[system]

    labels, clips = dict.fromkeys(heights, 2), {"Dog": 10, "Rain": 1000}
    run = write_run(tmp_path / "r", labels=labels, value=value, systems=FEW, clips=clips)
    kept = drawn(monkeypatch, fig7)
    draw_figure7(run, tmp_path / "f.png")
    above, below = kept[0].axes
    assert [text.get_text() for text in below.get_xticklabels()] == ["Rain", "Bell", "Dog"]
    oracle, average = (line for line in above.lines if len(line.get_xdata()) == 3)
    assert list(oracle.get_ydata()) == [9, 6, 3] and oracle.get_linestyle() == "--"
    assert list(average.get_ydata()) == [-9, -6, -3] and average.get_linestyle() == "-"
    assert [bar.get_height() for bar in below.patches] == [1000, 0, 10] and below.get_yscale() == "log"


def test_figure7_has_two_models_over_each_other_as_in_the_paper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segment prediction and embedding: a colour for each, dashed for its oracle, in the order of the first."""
    heights = {"Dog": 3.0, "Rain": 9.0, "Bell": 6.0}

    def value(system: str, label: str, number: int, column: str) -> float:
        return {"mixture": 0.0, "oracle": heights[label], "average": -heights[label]}[system]

    def lower(system: str, label: str, number: int, column: str) -> float:
        return value(system, label, number, column) / 2

    one = write_run(
        tmp_path / "1", "table3-segment-prediction", labels=dict.fromkeys(heights, 2), value=value, systems=FEW
    )
    two = write_run(tmp_path / "2", "table3-embedding", labels={"Dog": 2, "Rain": 2}, value=lower, systems=FEW)
    kept = drawn(monkeypatch, fig7)
    draw_figure7(one, tmp_path / "f.png", beside=two)
    (axis,) = kept[0].axes
    lines = [line for line in axis.lines if len(line.get_xdata()) == 3]
    assert [(line.get_label(), line.get_linestyle()) for line in lines] == [
        ("table3-segment-prediction: oracle embedding", "--"), ("table3-segment-prediction: average embedding", "-"),
        ("table3-embedding: oracle embedding", "--"), ("table3-embedding: average embedding", "-"),
    ]  # fmt: skip
    assert [list(line.get_ydata())[0] for line in lines] == [9, -9, 4.5, -4.5]
    assert math.isnan(lines[2].get_ydata()[1]), "the second knows no Bell"
    colours = [line.get_color() for line in lines]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    assert_no_text_overlaps(kept[0], [*kept[0].legends[0].get_texts(), *kept[0].texts])


def test_figure7_of_classes_that_nothing_was_learnt_from_has_no_bars(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", labels={"Dog": 2, "Rain": 2}, clips={"Dog": 0, "Rain": 0})
    assert draw_figure7(run, tmp_path / "zero.png").stat().st_size > 5000


def test_figure7_without_clips_without_oracle_and_with_holes(tmp_path: Path) -> None:
    def value(system: str, label: str, number: int, column: str) -> float:
        return math.nan if label in NAMES[80:100:2] else likely(system, label, number, column)

    for name, asked in (("both", FEW[1:]), ("one", ("average",)), ("other", ("oracle",))):
        run = run_with(tmp_path / name, 40, clips=False, value=value, asked=asked)
        assert inks(draw_figure7(run, tmp_path / f"{name}.png")) > 3000
    with pytest.raises(UnweaveError, match="nothing to draw"):
        draw_figure7(run_with(tmp_path / "none", 40, asked=()), tmp_path / "none.png")


@pytest.mark.parametrize("count", SIZES)
def test_scatter_is_drawn_and_names_the_largest_differences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    def other(system: str, label: str, number: int, column: str) -> float:
        base = likely(system, label, number, column)
        return base if system == "mixture" else base + noise("other", label) + (9 if label == NAMES[80] else 0)

    first = run_with(tmp_path / "1", count, model="one")
    second = run_with(tmp_path / "2", count, model="two", value=other)
    kept = drawn(monkeypatch, scatter)
    assert inks(draw_scatter(first, second, tmp_path / "f.png")) > 2000
    (figure,) = kept
    (axis,) = figure.axes
    named = [text for text in axis.texts if text.get_text()]
    assert NAMES[80] in [text.get_text() for text in named] and len(named) == min(count, scatter.NAMED)
    assert len(axis.collections[0].get_offsets()) == count
    assert_no_text_overlaps(figure, named)


def test_scatter_of_a_run_with_itself_names_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_with(tmp_path / "1", 40)
    kept = drawn(monkeypatch, scatter)
    draw_scatter(run, run, tmp_path / "f.png")
    assert [text for text in kept[0].axes[0].texts if text.get_text()] == []


def test_scatter_leaves_out_classes_without_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def value(system: str, label: str, number: int, column: str) -> float:
        return math.nan if label == NAMES[80] and system == "average" else likely(system, label, number, column)

    first, second = run_with(tmp_path / "1", 40, model="one"), run_with(tmp_path / "2", 40, value=value)
    kept = drawn(monkeypatch, scatter)
    draw_scatter(first, second, tmp_path / "f.png")
    assert len(kept[0].axes[0].collections[0].get_offsets()) == 39
    with pytest.raises(UnweaveError, match="no class in common"):
        draw_scatter(first, run_with(tmp_path / "3", 40, asked=()), tmp_path / "f.png")


@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml"), ("PNG", b"\x89PNG")]
)
def test_the_ending_says_what_is_written_the_same_each_time(tmp_path: Path, ending: str, start: bytes) -> None:
    run = run_with(tmp_path / "r", 1, model="$x$_{犬}")
    once, again = (draw_figure7(run, tmp_path / name / f"f.{ending}").read_bytes() for name in ("a", "b"))
    assert once.startswith(start) and once == again
    assert [file.name for file in (tmp_path / "a").iterdir()] == [f"f.{ending}"]


def test_another_ending_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    run = run_with(tmp_path / "r", 1)
    with pytest.raises(UnweaveError, match=r"let it end with \.png, \.pdf, \.svg"):
        draw_figure7(run, tmp_path / "a" / "f.jpg")
    assert not (tmp_path / "a").exists()
