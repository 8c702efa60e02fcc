from __future__ import annotations

import os
from pathlib import Path

import pytest

from unweave.batch.items import Item
from unweave.batch.lists import is_list, read_list
from unweave.errors import UnweaveError


def told(folder: Path, name: str, text: str) -> list[Item]:
    path = folder / name
    path.write_text(text, "utf-8")
    assert is_list(path)
    return list(read_list(path))


def test_lines_tables_and_the_manifest_of_nemo_say_the_same(tmp_path: Path) -> None:
    expected = [("a/1.wav", str(tmp_path / "a/1.wav")), ("2 b.wav", str(tmp_path / "2 b.wav"))]
    for name, text in {
        "l.txt": "# what it is\na/1.wav\n\n2 b.wav\r\na/1.wav\n",
        "l.csv": "id,Path\n1,a/1.wav\n2,2 b.wav\n",
        "l.tsv": "path\tlabel\na/1.wav\tDog\n2 b.wav\tCat\n",
        "l.jsonl": '{"audio_filepath": "a/1.wav", "duration": 2.5, "text": "x"}\n{"audio_filepath": "2 b.wav"}\n',
    }.items():
        assert [(item.name, item.path) for item in told(tmp_path, name, text)] == expected, name


def test_offsets_and_durations_are_parts_each_once(tmp_path: Path) -> None:
    lines = '{"audio_filepath": "x.wav", "offset": %s, "duration": 2}\n'
    items = told(tmp_path, "l.json", lines % 0 + lines % 1.5 + lines % 1.5)
    assert [(item.place, item.start, item.end) for item in items] == [("x@0.00-2.00", 0, 2), ("x@1.50-3.50", 1.5, 3.5)]


def test_places_are_apart_and_paths_elsewhere_or_on_a_store_are_named_whole(tmp_path: Path) -> None:
    text = "x.wav\nx.mp3\n/data/y.wav\ns3://bucket/z.wav\n"
    assert [item.place for item in told(tmp_path, "l.txt", text)] == ["x.wav", "x.mp3", "data/y", "bucket/z"]
    assert [item.path for item in told(tmp_path, "l.txt", text)][2:] == ["/data/y.wav", "s3://bucket/z.wav"]


def test_names_that_are_no_text_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_bytes(b"\xff.wav\n")
    (item,) = read_list(tmp_path / "l.txt")
    assert os.fsencode(item.name) == b"\xff.wav"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("l.csv", "name,label\nx.wav,Dog\n", "Line 2 of .* names no recording"),
        ("l.jsonl", '{"path": "x.wav"}\n{"path": \n', "Line 2 of .* is not JSON"),
        ("l.jsonl", "[1]\n", "Line 1 of .* is not an object"),
        ("l.jsonl", '{"path": "x.wav", "offset": "soon"}\n', "offset 'soon'; it must be seconds"),
        ("l.jsonl", '{"path": "x.wav", "duration": -1}\n', "duration '-1'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    with pytest.raises(UnweaveError, match=sentence):
        told(tmp_path, name, text)
