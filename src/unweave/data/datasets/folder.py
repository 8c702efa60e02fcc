"""Any folder of tagged sounds: `class/clip.wav`, or `train/class/clip.wav`, `valid/class/clip.wav`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from unweave.data.collection import Collection, Entry
from unweave.data.datasets.base import datasets, existing, gather, nothing
from unweave.data.datasets.files import is_audio, sounds, subfolders, walk
from unweave.data.datasets.layout import recognised
from unweave.data.datasets.report import Report
from unweave.data.datasets.split import PARTS, held_out
from unweave.data.vocabulary import choose
from unweave.errors import UnweaveError


class Found(NamedTuple):
    """A sound in a class folder; `split` is "" where the layout does not say."""

    name: str
    label: str
    split: str


def _parts(root: Path) -> dict[str, list[Path]]:
    """The class folders of each part of the split; all under "" if the folders in `root` are classes."""
    folders = subfolders(root)
    if folders and all(folder.name.lower() in PARTS and subfolders(folder) for folder in folders):
        parts: dict[str, list[Path]] = {}
        for folder in folders:
            parts.setdefault(PARTS[folder.name.lower()], []).extend(subfolders(folder))
        return parts
    return {"": folders}


def _fits(root: Path) -> bool:
    if not root.is_dir():
        return False
    classes = [folder for folders in _parts(root).values() for folder in folders]
    holding = {folder.name for folder in classes if any(map(is_audio, _direct(folder)))}
    return len(holding) > 1  # one folder of sounds says nothing about classes


def _direct(folder: Path) -> list[str]:
    return next(walk(folder))[1]


@datasets.register("folder")
@recognised("folder", "two or more folders named after classes with sounds in them (class/clip.wav)", _fits, rank=3)
def folder(root: Path, labels: str = "auto", valid_one_in: int = 10) -> Collection:
    """Sounds in folders that are named after their classes.

    Sounds of one name in several class folders may be one recording, so they go to the same part of the split.

    Args:
        root: holds the class folders, or a folder with class folders for each part of the split.
        labels: "audioset", "own", or "auto": AudioSet's classes if every folder is named after one.
        valid_one_in: which part of the training clips to validate on where the layout has no such part; 0 for none.

    Raises:
        UnweaveError: there is no sound, or with "audioset" a folder is not named after a class.
    """
    root, report = existing(root), Report()
    found = list(_find(root, report)) if root.is_dir() else []
    if not found:
        report.note("It needs a folder for each class with sound files in it, as dog/one.wav.")
        raise UnweaveError(nothing("folder", root, report))
    vocabulary, places = choose((one.label for one in found), labels)
    learnt = [one for one in found if one.split in ("", "train")]
    keys = [Path(one.name).stem for one in learnt]
    whole = any(one.split == "valid" for one in found)
    held = held_out(keys, [(one.label,) for one in learnt], 0 if whole else valid_one_in)

    def entries() -> Iterator[Entry]:
        for one in found:
            split = one.split or "train"
            if split == "train" and Path(one.name).stem in held:
                split = "valid"
            group = one.name.rpartition(".")[0]
            yield Entry(one.name, (places[one.label],), one.label, group, split, "folder")

    return gather("folder", vocabulary, root, entries(), report)


def _find(root: Path, report: Report) -> Iterator[Found]:
    for split, classes in _parts(root).items():
        for place in classes:
            below = place.relative_to(root).as_posix()
            empty = True
            for name in sounds(place):
                empty = False
                yield Found(f"{below}/{name}", place.name, split)
            if empty:
                report.note(f"The folder {below} holds no sound, so there is no clip of {place.name} in it.")
