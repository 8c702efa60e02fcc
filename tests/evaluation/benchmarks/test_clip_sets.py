"""FSDKaggle2018 and FSD50K, whose pairs are made of the first 2 s of clips."""

from collections import Counter

import numpy as np
import pytest
from benchmark_layouts import tiny_benchmark, write

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import benchmarks
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.items import Piece
from unweave.ontology import Ontology


def build(name, root, **options):
    tiny = tiny_benchmark(name, root)
    return benchmarks.build(name, root=root, **{**tiny.options, **options})


def listed(benchmark):
    return [(item.id, item.target[0].path.split("/")[1], item.others[0].path.split("/")[1]) for item in benchmark.items]


def test_fsdkaggle2018_pairs_are_these(tmp_path):
    assert listed(build("fsdkaggle2018", tmp_path, each=2, seed=3)) == KAGGLE


def test_fsdkaggle2018_is_as_the_paper_says(tmp_path):
    benchmark = build("fsdkaggle2018", tmp_path)
    assert Counter(item.label for item in benchmark.items) == {"Bark": 5, "Oboe": 5, "Violin_or_fiddle": 5}
    assert benchmark.count_note() == "15 pairs; the paper has 4 100"
    tags = {path.name: path.name[4] for path in (tmp_path / "FSDKaggle2018.audio_test").iterdir()}
    for item in benchmark.items:
        target, other = item.target[0], item.others[0]
        assert (target.start, target.seconds, other.start, other.seconds) == (0, 2, 0, 2)
        assert item.snr == 0 and item.mixture is None
        assert tags[target.path.split("/")[1]] != tags[other.path.split("/")[1]]
    names = {item.label: Ontology().find(item.classes[0]).name for item in benchmark.items}
    assert names == {
        "Bark": "Bark",
        "Oboe": "Wind instrument, woodwind instrument",
        "Violin_or_fiddle": "Violin, fiddle",
    }
    assert benchmark.seconds == 2 and benchmark.sample_rate == 32000 and benchmark.mono


def test_fsdkaggle2018_examples_are_training_clips_of_the_label(tmp_path):
    benchmark = build("fsdkaggle2018", tmp_path)
    assert benchmark.clips == {"Bark": 6, "Oboe": 6, "Violin_or_fiddle": 6}
    assert {label: len(pieces) for label, pieces in benchmark.examples.items()} == benchmark.clips
    assert {piece.path[:25] for pieces in benchmark.examples.values() for piece in pieces} == {
        "FSDKaggle2018.audio_train"
    }
    assert all(piece.seconds == 2 for pieces in benchmark.examples.values() for piece in pieces)
    assert benchmark.missing == (
        "FSDKaggle2018.audio_train/again.wav: the same recording is in a part that is held out, so this clip is not "
        "learnt from.",
    )


def test_fsd50k_pairs_are_these(tmp_path):
    assert listed(build("fsd50k", tmp_path, each=2, seed=3)) == FSD50K


def test_fsd50k_clips_stand_for_their_first_tag_and_share_none(tmp_path):
    benchmark = build("fsd50k", tmp_path, each=20)
    assert Counter(item.label for item in benchmark.items) == dict.fromkeys(
        ("Bark", "Electric_guitar", "Guitar", "Human_voice", "Rain"), 20
    )
    lines = (tmp_path / "FSD50K.ground_truth/eval.csv").read_text().splitlines()[1:]
    tags = {
        line.split(",")[0]: line.split('"')[1].split(",") if '"' in line else [line.split(",")[1]] for line in lines
    }
    for item in benchmark.items:
        target, other = (tags[piece.path.split("/")[1][:-4]] for piece in (item.target[0], item.others[0]))
        assert item.label == target[0]
        assert not set(target) & set(other)
    assert benchmark.count_note() == "100 pairs; the paper has 19 500"


def test_fsd50k_asks_by_mid_also_for_nodes_above_the_classes(tmp_path):
    benchmark = build("fsd50k", tmp_path)
    classes = {item.label: item.classes for item in benchmark.items}
    assert classes == {
        "Bark": ("/m/05tny_",),
        "Electric_guitar": ("/m/02sgy",),
        "Guitar": ("/m/0342h",),
        "Human_voice": ("/m/09l8g",),
        "Rain": ("/m/06mb1",),
    }


def test_fsd50k_examples_have_the_label_first_or_else_at_all(tmp_path):
    benchmark = build("fsd50k", tmp_path)
    guitar = Piece("FSD50K.dev_audio/8000.wav", seconds=2.0)
    assert benchmark.examples["Electric_guitar"] == [guitar] == benchmark.examples["Guitar"]
    assert len(benchmark.examples["Bark"]) == 6
    assert benchmark.clips == {"Bark": 6, "Electric_guitar": 1, "Guitar": 1, "Human_voice": 6, "Rain": 6}


@pytest.mark.parametrize("name", ["fsd50k", "fsdkaggle2018"])
def test_broken_and_missing_clips_are_said_and_left_out(name, tmp_path):
    benchmark = build(name, tmp_path, each=4)
    gone, broken = sorted({item.target[0].path for item in benchmark.items if item.label == "Bark"})[:2]
    (tmp_path / gone).unlink()
    (tmp_path / broken).write_bytes(b"no sound")
    again = benchmarks.build(name, root=tmp_path, each=4)
    used = {piece.path for item in again.items for piece in (*item.target, *item.others)}
    assert not {gone, broken} & used
    assert Counter(item.label for item in again.items) == Counter(item.label for item in benchmark.items)
    said = " ".join(again.missing)
    assert gone in said and broken in said


def test_a_clip_that_is_added_leaves_the_other_pairs(tmp_path):
    before = build("fsdkaggle2018", tmp_path, each=3)
    table = tmp_path / "FSDKaggle2018.meta/test_post_competition_scoring_clips.csv"
    table.write_text(table.read_text() + "new.wav,Cello,Public,99,Creative Commons 0\n")
    write(tmp_path / "FSDKaggle2018.audio_test/new.wav", np.full(400, 0.1))
    after = benchmarks.build("fsdkaggle2018", root=tmp_path, each=3)
    old = {item.id: item for item in before.items}
    new = [item for item in after.items if item.label != "Cello"]
    assert [item.target for item in new] == [old[item.id].target for item in new] and len(new) == len(old)
    assert all(item == old[item.id] or "new.wav" in item.others[0].path for item in new)
    assert len(after.items) == len(before.items) + 3


@pytest.mark.parametrize("name", ["fsd50k", "fsdkaggle2018"])
def test_without_the_test_part_there_is_nothing_to_test_on(name, tmp_path):
    tiny_benchmark(name, tmp_path)
    tables = {
        "fsd50k": "FSD50K.ground_truth/eval.csv",
        "fsdkaggle2018": "FSDKaggle2018.meta/test_post_competition_scoring_clips.csv",
    }
    (tmp_path / tables[name]).unlink()
    with pytest.raises(UnweaveError, match=rf"nothing to test on in .*There is no {tables[name]}"):
        benchmarks.build(name, root=tmp_path)


KAGGLE = [
    ("Bark/000", "74651002.wav", "74650002.wav"),
    ("Bark/001", "74651001.wav", "74652001.wav"),
    ("Oboe/000", "74652001.wav", "74651002.wav"),
    ("Oboe/001", "74652000.wav", "74650001.wav"),
    ("Violin_or_fiddle/000", "74650000.wav", "74652002.wav"),
    ("Violin_or_fiddle/001", "74650002.wav", "74651000.wav"),
]
FSD50K = [
    ("Bark/000", "2.wav", "7101.wav"),
    ("Bark/001", "8.wav", "7100.wav"),
    ("Electric_guitar/000", "7001.wav", "5.wav"),
    ("Electric_guitar/001", "7000.wav", "1005.wav"),
    ("Guitar/000", "7101.wav", "2002.wav"),
    ("Guitar/001", "7100.wav", "2008.wav"),
    ("Human_voice/000", "2005.wav", "8.wav"),
    ("Human_voice/001", "2008.wav", "1008.wav"),
    ("Rain/000", "1002.wav", "7101.wav"),
    ("Rain/001", "1008.wav", "7100.wav"),
]


def test_a_clip_that_lies_elsewhere_is_named(tmp_path):
    with pytest.raises(UnweaveError, match=r"bark\.wav does not lie below .*index.*move the index"):
        below(tmp_path / "index", tmp_path / "sounds" / "bark.wav")
