"""What every registered benchmark must do, on tiny data in its true layout."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from benchmark_layouts import BENCHMARKS, Tiny, tiny_benchmark
from shipped import shipped

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import Benchmark, benchmarks
from unweave.evaluation.benchmarks.prepared import open_benchmark, save_benchmark
from unweave.evaluation.items import Item, Piece, Scene
from unweave.ontology import Ontology


@pytest.fixture(scope="module", params=sorted(BENCHMARKS))
def built(request, tmp_path_factory) -> tuple[Tiny, Benchmark]:
    tiny = tiny_benchmark(request.param, tmp_path_factory.mktemp(request.param))
    return tiny, benchmarks.build(request.param, root=tiny.root, **tiny.options)


def pieces(item: Item | Scene) -> list[Piece]:
    if isinstance(item, Scene):
        return [event.piece for event in item.events]
    return [*item.target, *item.others, *([item.mixture] if item.mixture else [])]


def test_every_benchmark_has_a_layout_for_tests() -> None:
    assert set(shipped(benchmarks)) == set(BENCHMARKS)


def test_every_sound_is_there(built) -> None:
    _, benchmark = built
    used = [piece for item in benchmark.items for piece in pieces(item)]
    used += [piece for examples in benchmark.examples.values() for piece in examples]
    assert used and all((benchmark.root / piece.path).is_file() for piece in used)
    assert all(piece.start >= 0 and not piece.path.startswith(("/", ".")) for piece in used)


def test_ids_differ_and_classes_are_those_of_the_ontology(built) -> None:
    _, benchmark = built
    assert len({item.id for item in benchmark.items}) == len(benchmark.items)
    known = {node.mid for node in Ontology().nodes}
    for item in benchmark.items:
        named = item.classes if isinstance(item, Item) else [one for event in item.events for one in event.classes]
        assert all(name in known for name in named)
    assert any(isinstance(item, Scene) or item.classes for item in benchmark.items)


def test_there_are_examples_and_none_is_of_a_recording_that_is_tested_on(built) -> None:
    tiny, benchmark = built
    tested = {tiny.recording(piece.path) for item in benchmark.items for piece in pieces(item)}
    learnt = {tiny.recording(piece.path) for examples in benchmark.examples.values() for piece in examples}
    assert not tested & learnt
    assert set(benchmark.examples) <= {item.label for item in benchmark.items}
    assert learnt or isinstance(benchmark.items[0], Scene)


def test_the_same_files_give_the_same_benchmark(built) -> None:
    tiny, benchmark = built
    assert benchmarks.build(benchmark.name, root=tiny.root, **tiny.options) == benchmark
    assert benchmarks.build(benchmark.name, root=str(tiny.root), **tiny.options) == benchmark


def test_what_is_saved_is_read_back(built, tmp_path) -> None:
    _, benchmark = built
    save_benchmark(benchmark, tmp_path / "saved")
    again = open_benchmark(tmp_path / "saved")
    for one in fields(Benchmark):
        said, read = getattr(benchmark, one.name), getattr(again, one.name)
        assert (list(read) == list(said)) if one.name in ("items", "missing") else read == said
    with pytest.raises(UnweaveError, match="exists"):
        save_benchmark(benchmark, tmp_path / "saved")
    fewer = replace(benchmark, items=benchmark.items[:1])
    save_benchmark(fewer, tmp_path / "saved", overwrite=True)
    assert len(open_benchmark(tmp_path / "saved").items) == 1


def test_the_count_is_said(built) -> None:
    _, benchmark = built
    note = benchmark.count_note()
    assert note.startswith(f"{benchmark.count} {benchmark.unit}")
    assert (benchmark.expected is None) == ("paper" not in note)


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_place_that_is_not_there_is_said(name, tmp_path) -> None:
    options = tiny_benchmark(name, tmp_path / "there").options
    with pytest.raises(UnweaveError, match=r"There is no folder or file .*nowhere"):
        benchmarks.build(name, root=tmp_path / "nowhere", **options)


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_an_empty_folder_is_said(name, tmp_path) -> None:
    options = tiny_benchmark(name, tmp_path / "there").options
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnweaveError, match="empty"):
        benchmarks.build(name, root=tmp_path / "empty", **options)
