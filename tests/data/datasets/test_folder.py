import shutil

import pytest
from layouts import Writer, write_layout

from unweave.data.datasets import datasets, guess
from unweave.errors import UnweaveError


def make(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def build(root, **options):
    return datasets.build("folder", root=root, **options)


def test_folders_named_after_audioset_classes_have_its_vocabulary(tmp_path):
    make(tmp_path, "Dog/1.wav", "car_alarm/1.wav", "violin-FIDDLE/1.wav")
    collection = build(tmp_path)
    assert collection.vocabulary.is_audioset
    assert [collection.vocabulary.names[clip.classes[0]] for clip in collection.clips] == [
        "Dog",
        "Car alarm",
        "Violin, fiddle",
    ]
    assert not build(tmp_path, labels="own").vocabulary.is_audioset


def test_other_folders_are_classes_of_their_own(tmp_path):
    collection = build(make(tmp_path, "Dog/1.wav", "my doorbell/1.flac", "my doorbell/deep/er/2.OGG", "Dog/notes.txt"))
    assert collection.vocabulary.names == ("Dog", "my doorbell")
    assert [clip.label for clip in collection.clips] == ["Dog", "my doorbell", "my doorbell"]
    with pytest.raises(UnweaveError, match="AudioSet has no class for 'my doorbell'.*'Doorbell'.*own"):
        build(tmp_path, labels="audioset")
    with pytest.raises(UnweaveError, match="must be auto, audioset or own"):
        build(tmp_path, labels="both")


def test_a_split_that_is_there_is_kept(tmp_path):
    names = [f"{part}/{label}/1.wav" for part in ("training", "Val", "eval") for label in ("bell", "saw")]
    collection = build(make(tmp_path, *names))
    assert {clip.path.parent.parent.name: clip.split for clip in collection.clips} == {
        "training": "train",
        "Val": "valid",
        "eval": "test",
    }
    assert collection.vocabulary.names == ("bell", "saw")
    assert guess(tmp_path) == "folder"


def test_a_class_may_be_called_train(tmp_path):
    collection = build(make(tmp_path, "train/1.wav", "dog/1.wav"))
    assert [clip.label for clip in collection.clips] == ["dog", "train"]


def test_a_split_without_a_part_to_validate_on_gets_one_from_what_is_learnt(tmp_path):
    names = [f"{part}/bell/{number}.wav" for part in ("train", "test") for number in range(6)]
    splits = [clip.split for clip in build(make(tmp_path, *names)).clips]
    assert splits.count("test") == 6 and splits.count("valid") >= 1 and splits.count("train") >= 1


def test_clips_that_are_added_move_no_others(tmp_path):
    make(tmp_path, *(f"{label}/take {number}.wav" for label in ("bell", "saw") for number in range(60)))
    before = {clip.path: clip.split for clip in build(tmp_path).clips}
    make(tmp_path, *(f"{label}/new {number}.wav" for label in ("bell", "saw", "kettle") for number in range(60)))
    after = {clip.path: clip.split for clip in build(tmp_path).clips}
    assert {path: after[path] for path in before} == before
    share = list(after.values()).count("valid") / len(after)
    assert 0.03 < share < 0.2


def test_a_copy_of_the_folder_elsewhere_has_the_same_split(tmp_path):
    root = write_layout("folder", tmp_path / "here", seconds=0.01)
    shutil.copytree(root, tmp_path / "there")
    splits = [[clip.split for clip in build(place).clips] for place in (root, tmp_path / "there")]
    assert splits[0] == splits[1]


def test_every_class_of_two_clips_is_on_both_sides_and_a_single_one_is_learnt_from(tmp_path):
    make(
        tmp_path, *(f"{label}/{label}{number}.wav" for label in "abcdefghijklmnop" for number in range(2)), "z/one.wav"
    )
    splits: dict[str, list[str]] = {}
    for clip in build(tmp_path).clips:
        splits.setdefault(clip.label, []).append(clip.split)
    assert splits.pop("z") == ["train"]
    assert all(sorted(parts) == ["train", "valid"] for parts in splits.values())


def test_one_sound_in_two_class_folders_stays_on_one_side(tmp_path):
    make(tmp_path, *(f"{label}/street {number}.wav" for label in ("car", "horn") for number in range(40)))
    sides: dict[str, set[str]] = {}
    for clip in build(tmp_path).clips:
        sides.setdefault(clip.path.name, set()).add(clip.split)
    assert all(len(parts) == 1 for parts in sides.values())


def test_an_empty_class_is_said(tmp_path):
    make(tmp_path, "bell/1.wav", "saw/1.wav")
    (tmp_path / "kettle").mkdir()
    collection = build(tmp_path)
    assert collection.missing == ["The folder kettle holds no sound, so there is no clip of kettle in it."]
    assert collection.vocabulary.names == ("bell", "saw")


def test_a_folder_without_sounds_is_said(tmp_path):
    with pytest.raises(UnweaveError, match="No clip .* dog/one.wav"):
        build(tmp_path)
    Writer(0.01, 8000)(tmp_path / "loose.wav", 0)
    with pytest.raises(UnweaveError, match="No clip .* dog/one.wav"):
        build(tmp_path)
    with pytest.raises(UnweaveError, match="No clip .* dog/one.wav"):
        build(tmp_path / "loose.wav")


def test_hidden_files_and_links_in_a_circle_are_passed_over(tmp_path):
    make(tmp_path, "bell/1.wav", "bell/._1.wav", ".git/2.wav", "__MACOSX/3.wav", "saw/1.wav")
    (tmp_path / "bell/again").symlink_to(tmp_path / "bell", target_is_directory=True)
    assert [clip.path.relative_to(tmp_path).as_posix() for clip in build(tmp_path).clips] == ["bell/1.wav", "saw/1.wav"]


@pytest.mark.parametrize("one_in", [1, -3])
def test_a_part_that_is_none_is_said(tmp_path, one_in):
    with pytest.raises(UnweaveError, match="valid_one_in"):
        build(make(tmp_path, "bell/1.wav"), valid_one_in=one_in)
    assert [clip.split for clip in build(make(tmp_path, "bell/2.wav"), valid_one_in=0).clips] == ["train", "train"]
