"""Benchmarks on held-out clips: what is mixed with what, asked for by what, at which ratio."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import pytest
from benchmark_layouts import INDEXED, STEMS, tiny_benchmark
from layouts import write_layout

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.items import Item
from unweave.evaluation.mixtures import make_mixture


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tiny_benchmark("esc50", tmp_path_factory.mktemp("index")).root


@pytest.fixture(scope="module")
def table(root):
    with open(root / "index.csv", newline="", encoding="utf-8") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def paths(item: Item) -> list[str]:
    return [piece.path for piece in (*item.target, *item.others)]


def labels(item: Item, table) -> list[str]:
    return [table[path]["label"] for path in paths(item)]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("esc50", {}),
        ("environmental", {}),
        ("environmental", {"sources": 3}),
        ("environmental", {"named": False}),
        ("absent", {}),
        ("speech-in-noise", {"snrs": [0, 5], "each": 2}),
        ("stems", {}),
    ],
)
def test_only_held_out_recordings_are_mixed_and_never_two_of_one_class(root, table, name, options):
    benchmark = benchmarks.build(name, root=root, **options)
    for item in benchmark.items:
        assert {table[path]["split"] for path in paths(item)} == {"valid"}
        found = Counter(labels(item, table))
        assert max(found.values()) == 1
        groups = [table[path]["source_group"] for path in paths(item)]
        assert name == "stems" or len(set(groups)) == len(groups)


def test_esc50_takes_every_clip_as_often_and_asks_by_its_class(root, table):
    benchmark = benchmarks.build("esc50", root=root, each=4)
    targets = Counter(item.target[0].path for item in benchmark.items)
    assert set(targets.values()) == {2} and len(targets) == 2 * len(INDEXED)
    for item in benchmark.items:
        mid = INDEXED[labels(item, table)[0]]
        assert item.classes == ((mid,) if mid else ())
        assert item.part == ("" if mid else "unnamed")


def test_esc50_in_its_own_layout_tests_on_a_fold(tmp_path):
    root = write_layout("esc50", tmp_path)
    for fold in (2, 5):
        benchmark = benchmarks.build("esc50", root=root, fold=fold)
        names = [piece.path for item in benchmark.items for piece in (*item.target, *item.others)]
        assert {name.split("/")[1][0] for name in names} == {str(fold)}
        examples = [piece.path for pieces in benchmark.examples.values() for piece in pieces]
        assert str(fold) not in {name.split("/")[1][0] for name in examples}


def test_published_pairs_are_those_of_which_both_clips_are_held_out(root, tmp_path):
    rows = [
        ("0", "dog", "4-20-A-0.wav", "4-31-A-1.wav"),  # both held out
        ("1", "dog", "4-20-A-0.wav", "1-01-A-1.wav"),  # one was trained on
        ("2", "can opening", "4-23-A-9.wav", "4-20-A-0.wav"),
    ]
    pairs = tmp_path / "pairs.csv"
    with open(pairs, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("idx", "caption", "src_wav", "noise_wav"), *rows])
    benchmark = benchmarks.build("esc50", root=root, pairs=str(pairs))
    assert [(item.id, *paths(item)) for item in benchmark.items] == [
        ("pair 0", "esc50/4-20-A.wav", "esc50/4-31-A.wav"),
        ("pair 2", "esc50/4-23-A.wav", "esc50/4-20-A.wav"),
    ]
    assert benchmark.summary == "mean" and benchmark.seconds == 5.0
    pairs.write_text("idx,caption,src_wav,noise_wav\n0,dog,1-00-A-0.wav,1-01-A-1.wav\n")
    with pytest.raises(UnweaveError, match="Of no pair"):
        benchmarks.build("esc50", root=root, pairs=str(pairs))


@pytest.mark.parametrize("sources", [2, 3])
def test_sources_are_as_many_and_as_loud_as_each_other(root, sources):
    benchmark = benchmarks.build("environmental", root=root, sources=sources, each=3)
    assert len(benchmark.items) == 3 * 3
    for item in benchmark.items:
        assert len(paths(item)) == sources
        made = make_mixture(benchmark, item)
        rest = np.square(made.mixture - made.target, dtype=np.float64).sum()
        # Tones of different classes are hardly related, so that energies add up.
        assert rest / np.square(made.target, dtype=np.float64).sum() == pytest.approx(sources - 1, rel=0.1)


def test_a_stretch_is_cut_where_the_clip_is_loudest(root):
    benchmark = benchmarks.build("environmental", root=root)
    for item in benchmark.items:
        made = make_mixture(benchmark, item)
        # All of the tone, 1.5 s with a peak of 0.3, in a stretch of 2 s.
        assert np.square(made.target).mean() == pytest.approx(0.75 * 0.3**2 / 2, rel=0.02)


def test_classes_without_a_name_are_asked_by_example_alone(root):
    benchmark = benchmarks.build("environmental", root=root, named=False, each=2)
    assert {item.label for item in benchmark.items} == {"can opening"}
    assert all(item.classes == () for item in benchmark.items) and benchmark.examples["can opening"]


def test_absent_classes_are_in_neither_sound(root, table):
    benchmark = benchmarks.build("absent", root=root)
    mids = {mid: label for label, mid in INDEXED.items() if mid}
    assert {item.label for item in benchmark.items} == set(mids.values())
    for item in benchmark.items:
        assert item.target == () and len(item.others) == 2
        assert mids[item.classes[0]] not in labels(item, table)


def test_speech_is_at_its_ratio_with_the_same_noises(root):
    benchmark = benchmarks.build("speech-in-noise", root=root, snrs=[0, 15], each=2)
    assert {item.part for item in benchmark.items} == {"0 dB", "15 dB"}
    noises = {part: [item.others for item in benchmark.items if item.part == part] for part in ("0 dB", "15 dB")}
    assert noises["0 dB"] == noises["15 dB"]
    for item in benchmark.items:
        made = make_mixture(benchmark, item)
        ratio = np.square(made.target, dtype=np.float64).sum() / np.square(made.mixture - made.target).sum()
        assert 10 * np.log10(ratio) == pytest.approx(item.snr, abs=0.1)


def test_the_stems_of_a_song_add_up_to_its_mixture(root):
    benchmark = benchmarks.build("stems", root=root, seconds=2.0)
    assert len(benchmark.items) == 2 * len(STEMS)
    songs: dict[str, list[Item]] = {}
    for item in benchmark.items:
        songs.setdefault(item.group, []).append(item)
    for items in songs.values():
        made = [make_mixture(benchmark, item) for item in items if item.target[0].start == items[0].target[0].start]
        if len(made) == len(items):
            np.testing.assert_allclose(sum(one.target for one in made), made[0].mixture, atol=1e-5)
    assert all(item.snr is None and len(item.others) == len(STEMS) - 1 for item in benchmark.items)


def test_what_has_no_held_out_clips_is_said(root, tmp_path):
    with pytest.raises(UnweaveError, match="no held-out clip"):
        benchmarks.build("environmental", root=root, dataset="another")
    with pytest.raises(UnweaveError, match="is no index"):
        benchmarks.build("stems", root=write_layout("esc50", tmp_path))
