import shutil

import pytest
from layouts import MIDS, write_layout

from unweave.data.datasets import datasets
from unweave.data.datasets.audioset_files import list_files
from unweave.data.vocabulary import Vocabulary
from unweave.errors import UnweaveError

NAMES = Vocabulary.audioset().mids


@pytest.fixture
def root(tmp_path):
    return write_layout("audioset", tmp_path, clips_per_class=2, seconds=0.01)


def build(root, **options):
    return datasets.build("audioset", root=root, **options)


def test_tags_and_parts_are_those_of_the_lists(root):
    collection = build(root)
    by_name = {clip.path.name: clip for clip in collection.clips}
    assert len(by_name) == 3 * 4 * 2
    siren = by_name["Y-_e0000aZ9k.wav"]
    assert {NAMES[place] for place in siren.classes} == {MIDS["Siren"], MIDS["Speech"]}
    assert (siren.split, siren.group, siren.dataset) == ("test", "-_e0000aZ9k", "audioset")
    assert siren.label == "Speech;Siren"
    assert by_name["Y-_u1000aZ9k.wav"].classes == (NAMES.index(MIDS["Rain"]),)
    assert by_name["Y-_u1000aZ9k.wav"].path.parent.name == "unbalanced_train_segments_part00"
    assert collection.vocabulary.is_audioset


def test_the_balanced_subset_needs_no_other_list(root):
    (root / "metadata/unbalanced_train_segments.csv").unlink()
    assert {clip.split for clip in build(root, subset="balanced").clips} == {"train", "test"}
    assert len(build(root, subset="balanced").clips) == 2 * 4 * 2
    with pytest.raises(UnweaveError, match="no unbalanced_train_segments.csv.*balanced"):
        build(root)
    with pytest.raises(UnweaveError, match="no subset 'half'"):
        build(root, subset="half")


def test_without_the_list_to_test_on_there_is_a_note(root):
    (root / "metadata/eval_segments.csv").unlink()
    collection = build(root)
    assert {clip.split for clip in collection.clips} == {"train"}
    assert collection.missing == ["There is no eval_segments.csv, so there is nothing to test on."]
    assert collection.left_out == 0


def test_lists_may_lie_in_the_root(root):
    for path in list((root / "metadata").iterdir()):
        shutil.move(path, root / path.name)
    assert len(build(root).clips) == 24


@pytest.mark.parametrize(
    "pattern", ["{}.wav", "{}.FLAC", "Y{}.mp3", "{}_30.m4a", "{}_30000_40000.ogg", "Y{}_30.0.opus"]
)
def test_names_of_files_vary(root, pattern):
    old = root / "audios/eval_segments/Y-_e0000aZ9k.wav"
    new = old.with_name(pattern.format("-_e0000aZ9k"))
    old.rename(new)
    clips = build(root).clips
    assert [clip.path for clip in clips if clip.group == "-_e0000aZ9k"] == [new]


@pytest.mark.parametrize(
    ("name", "ytid"),
    [
        ("Yabcdefghij.wav", "Yabcdefghij"),
        ("YYabcdefghij.wav", "Yabcdefghij"),
        ("Yabcdefghij__30.wav", "abcdefghij_"),
        ("Yabcdefghij_30.wav", "Yabcdefghij"),
        ("_9_________.wav", "_9_________"),
    ],
)
def test_an_id_is_told_from_the_letter_before_it(tmp_path, name, ytid):
    (tmp_path / name).touch()
    assert [bytes(found).decode() for found in list_files(tmp_path).ids] == [ytid]


@pytest.mark.parametrize(
    "name", ["short.wav", "abcdefghijkl.wav", "abcdefghijk.txt", ".bcdefghijk.wav", "äbcdefghijk.wav"]
)
def test_other_files_are_passed_over(tmp_path, name):
    (tmp_path / name).touch()
    assert len(list_files(tmp_path).ids) == 0


def test_many_missing_clips_are_one_sentence(tmp_path):
    root = write_layout("audioset", tmp_path, clips_per_class=8, seconds=0.01)
    shutil.rmtree(root / "audios/unbalanced_train_segments")
    (root / "audios/eval_segments/Y-_e0000aZ9k.wav").unlink()
    collection = build(root)
    assert collection.left_out == 33
    one, many = sorted(collection.missing)
    assert one == "-_e0000aZ9k: there is no such file for this row of eval_segments.csv."
    assert many.startswith("32 clips, for example -_u0000aZ9k, -_u0001aZ9k, ")
    assert "unbalanced_train_segments.csv" in many


def test_what_is_tested_on_is_never_learnt_from(root):
    balanced, test = (root / f"metadata/{part}_segments.csv" for part in ("balanced_train", "eval"))
    row = test.read_text().splitlines()[3]
    with balanced.open("a") as file:
        file.write(row + "\n")
    collection = build(root)
    assert [clip.split for clip in collection.clips if clip.group == row[:11]] == ["test"]
    assert collection.missing == [f"{row[:11]}: it is listed twice, and the first time counts."]


def test_classes_that_are_not_known_are_no_tags(root):
    test = root / "metadata/eval_segments.csv"
    test.write_text(test.read_text().replace(MIDS["Rain"], "/m/nothing"))
    rain = [clip for clip in build(root).clips if clip.group.startswith("-_e1")]
    assert len(rain) == 2 and all(clip.classes == () for clip in rain)


def test_a_part_to_validate_on_is_the_same_each_time(tmp_path):
    root = write_layout("audioset", tmp_path, clips_per_class=5, seconds=0.01)
    held = {clip.group for clip in build(root, valid_one_in=3).clips if clip.split == "valid"}
    less = {clip.group for clip in build(root, valid_one_in=3, subset="balanced").clips if clip.split == "valid"}
    assert less and less < held and not any(group.startswith("-_e") for group in held)
    with pytest.raises(UnweaveError, match="valid_one_in"):
        build(root, valid_one_in=1)


def test_a_line_that_is_no_row_is_said(root):
    with (root / "metadata/eval_segments.csv").open("a") as file:
        file.write("what is this\n")
    with pytest.raises(UnweaveError, match=r"Line 12 of .*eval_segments\.csv is not as YTID"):
        build(root)


def test_ten_thousand_rows_take_little_room(tmp_path):
    import tracemalloc

    (tmp_path / "eval_segments").mkdir()
    lines = [f'{number:011d}, 0.000, 10.000, "/m/09x0r,/m/04rlf"' for number in range(10000)]
    (tmp_path / "balanced_train_segments.csv").write_text("#\n#\n#\n" + "\n".join(lines) + "\n")
    for number in range(0, 10000, 100):
        (tmp_path / f"eval_segments/Y{number:011d}.wav").touch()
    build(tmp_path, subset="balanced")
    tracemalloc.start()
    collection = build(tmp_path, subset="balanced")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(collection.clips) == 100 and collection.left_out == 9900
    assert peak < 200 * 10000  # 2 million rows: under 0.4 GB
