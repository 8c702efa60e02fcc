import tracemalloc

import pytest

from unweave.data import columns
from unweave.data.columns import Coded, Columns, Row, Texts
from unweave.data.known import Known

WORDS = ["", "Hund", "Käuzchen", "bad \udcff name", "a" * 300, "", "7"]


@pytest.mark.parametrize("block", [1, 2, 3, 100])
def test_texts_come_out_as_they_went_in(monkeypatch, block):
    monkeypatch.setattr(columns, "BLOCK", block)
    texts = Texts.of(WORDS)
    assert list(texts) == WORDS == [texts[row] for row in range(len(texts))]
    joined = Texts.join([Texts.of([]), texts, texts])
    assert list(joined) == WORDS + WORDS and list(Texts.of([])) == []


def test_words_of_several_lists_become_one_list():
    one, two = Coded.of(["train", "valid", "train"]), Coded.of(["test", "train"])
    both = Coded.join([one, two])
    assert [both[row] for row in range(5)] == ["train", "valid", "train", "test", "train"]
    assert both.words == ["train", "valid", "test"]
    assert both.where("train").tolist() == [True, False, True, False, True] and not both.where("none").any()


def test_columns_of_a_file_are_those_that_were_written():
    rows = [
        Row(f"{word}.wav", word, "x", "train", "made", [i % 3] * (i % 2), 8000.0, i, i + 1)
        for i, word in enumerate(WORDS)
    ]
    made = Columns.join([Columns.of(rows[:3]), Columns.of(rows[3:]).numbered(1)])
    read = Columns.read(made.arrays().__getitem__)
    assert list(read.path) == [row.path for row in rows] and list(read.group) == WORDS
    assert [read.classes_of(row) for row in range(len(rows))] == [tuple(row.classes) for row in rows]
    assert read.class_rows().tolist() == [row for row, one in enumerate(rows) for _ in one.classes]
    assert read.shard.tolist() == [0] * 3 + [1] * 4


def test_known_clips_are_told_by_data_set_and_path():
    known = Known([("a", "x.wav"), ("b", "x.wav"), ("a", "bad \udcff name")])
    assert len(known) == 3
    assert ("a", "x.wav") in known and ("a", "bad \udcff name") in known
    for other in (("a", "y.wav"), ("c", "x.wav"), ("ax.wav", ""), ("", "ax.wav")):
        assert other not in known


def test_a_clip_that_is_known_takes_little_room():
    tracemalloc.start()
    known = Known(("audioset", f"/data/audioset/audios/unbalanced_train_segments/Y{i:011d}.wav") for i in range(20_000))
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(known) == 20_000 and size < 200 * 20_000  # 2 million: under 0.4 GB
