"""What every registered data set must do, on tiny data in its true layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from layouts import LAYOUTS, write_layout
from shipped import shipped

from unweave.cli.main import run
from unweave.data.collection import Collection
from unweave.data.datasets import datasets, guess
from unweave.data.store import Store
from unweave.errors import UnweaveError


@pytest.fixture(scope="module", params=sorted(LAYOUTS))
def built(request, tmp_path_factory) -> tuple[str, Path, Collection]:
    root = write_layout(request.param, tmp_path_factory.mktemp(request.param))
    return request.param, root, datasets.build(request.param, root=root)


def test_finds_every_sound_and_nothing_else(built) -> None:
    name, root, collection = built
    folder = root if root.is_dir() else root.parent
    assert collection.name == name
    assert sorted(clip.path for clip in collection.clips) == sorted(folder.rglob("*.wav"))
    assert collection.missing == [] and collection.left_out == 0
    assert soundfile.info(collection.clips[0].path).samplerate == 8000


def test_tags_are_classes_of_the_vocabulary_and_clips_of_a_class_share_a_label(built) -> None:
    _, _, collection = built
    classes = [clip.classes for clip in collection.clips]
    assert all(0 <= place < len(collection.vocabulary) for row in classes for place in row)
    assert all(list(row) == sorted(set(row)) for row in classes)
    assert len(set(classes)) >= 3
    assert all(clip.label for clip in collection.clips)


def test_each_recording_is_on_one_side_and_no_part_is_without_clips(built) -> None:
    name, _, collection = built
    sides: dict[str, set[str]] = {}
    for clip in collection.clips:
        sides.setdefault(clip.group, set()).add(clip.split)
    assert all(len(splits) == 1 for splits in sides.values())
    splits = {clip.split for clip in collection.clips}
    published = {"esc50", "urbansound8k", "fsd50k", "fsdkaggle2018"}
    assert splits >= ({"train", "test"} if name == "audioset" else {"train", "valid"})
    assert ("test" in splits) == (name in published | {"audioset"})


def test_layout_is_recognised(built) -> None:
    name, root, _ = built
    assert guess(root) == name


def test_clips_are_a_sequence_and_come_the_same_again(built) -> None:
    name, root, collection = built
    clips = collection.clips
    assert list(clips) == list(datasets.build(name, root=root).clips)
    assert clips[-1] == clips[len(clips) - 1] and clips[1:3] == [clips[1], clips[2]]
    with pytest.raises(IndexError, match="no clip"):
        clips[len(clips)]


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_a_removed_file_is_said_or_no_longer_listed(name, tmp_path) -> None:
    root = write_layout(name, tmp_path, clips_per_class=2, seconds=0.01)
    before = datasets.build(name, root=root)
    gone = before.clips[1].path
    gone.unlink()
    after = datasets.build(name, root=root)
    assert gone not in [clip.path for clip in after.clips]
    assert len(after.clips) == len(before.clips) - 1
    if name != "folder":  # a folder is its own list
        assert after.left_out == 1
        assert [gone.stem.lstrip("Y") in sentence for sentence in after.missing] == [True]


@pytest.mark.parametrize("name", sorted(set(LAYOUTS) - {"folder"}))
def test_without_any_sound_it_says_so(name, tmp_path) -> None:
    root = write_layout(name, tmp_path, clips_per_class=1, seconds=0.01)
    for path in tmp_path.rglob("*.wav"):
        path.unlink()
    with pytest.raises(UnweaveError, match="No clip of the data set"):
        datasets.build(name, root=root)


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_prepare_makes_a_store_of_it_and_leaves_a_broken_clip_out(name, tmp_path, capsys) -> None:
    root = write_layout(name, tmp_path / "sounds", clips_per_class=2, seconds=0.05)
    collection = datasets.build(name, root=root)
    broken = collection.clips[2].path
    broken.write_bytes(broken.read_bytes()[:30])
    assert run(["prepare", str(root), "-o", str(tmp_path / "store"), "--sample-rate", "8000", "--workers", "0"]) == 0
    printed, said = capsys.readouterr()
    summary = dict(line.split("\t") for line in printed.splitlines())
    assert (summary["clips"], summary["skipped"]) == (str(len(collection.clips) - 1), "1")
    assert str(broken) in said and "cannot be read" in said
    store = Store(tmp_path / "store")
    kept = [clip for clip in collection.clips if clip.path != broken]
    assert [replace(clip, bandwidth=0.0) for clip in store.clips] == [replace(clip, bandwidth=0.0) for clip in kept]
    assert store.vocabulary == collection.vocabulary and set(store.bandwidths.tolist()) == {4000.0}
    for row in (0, len(store) - 1):
        wave, _ = soundfile.read(kept[row].path, dtype="float32")
        assert np.abs(store.read(row, 0, len(wave)) - wave).max() <= 1.6 / 32767


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_a_place_that_is_not_there_is_said(name, tmp_path) -> None:
    with pytest.raises(UnweaveError, match=r"There is no (folder or file|index) .*nowhere"):
        datasets.build(name, root=tmp_path / "nowhere")


def test_every_data_set_has_a_layout_for_tests() -> None:
    made_up = {"toy"}  # it writes its own sounds, so it has no layout to be read
    assert set(shipped(datasets)) - made_up == set(LAYOUTS)
