"""Tiny data sets in the true layouts of the published ones, with real sound that differs by class.

root = write_layout("esc50", tmp_path)
collection = datasets.build("esc50", root=root)
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import soundfile

# Class by AudioSet's name: its mid, its name in ESC-50, UrbanSound8K and FSDKaggle2018, which tag few in common.
MIDS = {"Siren": "/m/03kmc9", "Rain": "/m/06mb1", "Dog": "/m/0bt9lr", "Speech": "/m/09x0r"}
ESC50 = ("dog", "rain", "washing_machine")
URBAN = ("dog_bark", "siren", "street_music")
KAGGLE = ("Violin_or_fiddle", "Bark", "Oboe")


class Writer:
    """Writes sounds of one length and rate; those of one class sound alike, and unlike those of another."""

    def __init__(self, seconds: float, rate: int) -> None:
        self.seconds, self.rate, self._count = seconds, rate, 0

    def __call__(self, path: Path, number: int) -> None:
        """A sound of the class `number`: 1 is noise, the others are harmonic tones."""
        self._count += 1
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([number, self._count])
        time = np.arange(round(self.seconds * self.rate)) / self.rate
        if number == 1:
            wave = 0.1 * rng.standard_normal(len(time))
        else:
            tone = 200.0 * (number + 1) * rng.uniform(0.97, 1.03)
            wave = sum(0.2 / k * np.sin(2 * np.pi * k * tone * time) for k in (1, 2, 3))
        soundfile.write(path, wave.astype(np.float32), self.rate)


def write_layout(name: str, root: Path, clips_per_class: int = 3, seconds: float = 0.5, rate: int = 8000) -> Path:
    """Write a tiny data set below `root`.

    Args:
        name: of a registered data set.
        root: a folder, made if need be.
        clips_per_class: clips of each class in each part of the split.
        seconds: length of each clip.
        rate: sample rate of each clip in Hz.

    Returns:
        What to give as `root` to the data set.
    """
    root.mkdir(parents=True, exist_ok=True)
    return LAYOUTS[name](root, clips_per_class, Writer(seconds, rate))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A csv with a header; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def audioset(root: Path, each: int, write: Writer) -> Path:
    """`audios/` and `metadata/`, as the scripts of the paper's authors leave them."""
    parts = {
        "balanced_train": "balanced_train_segments",
        "unbalanced_train": "unbalanced_train_segments/unbalanced_train_segments_part00",
        "eval": "eval_segments",
    }
    (root / "metadata").mkdir()
    for part, folder in parts.items():
        lines = ["# Segments csv created Sun Mar  5 10:54:31 2017", "# num_ytids=9", "# YTID, start_seconds, ..."]
        for number, mid in enumerate(MIDS.values()):
            for clip in range(each):
                ytid = f"-_{part[0]}{number}{clip:03d}aZ9k"
                more = f",{MIDS['Speech']}" if number == 0 else ""
                lines.append(f'{ytid}, 30.000, 40.000, "{mid}{more}"')
                write(root / "audios" / folder / f"Y{ytid}.wav", number)
        (root / "metadata" / f"{part}_segments.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def fsd50k(root: Path, each: int, write: Writer) -> Path:
    """The folders of the archives on Zenodo; `Human_voice` is a class that AudioSet's 527 lack."""
    tags = [("Bark,Dog,Animal", "/m/05tny_,/m/0bt9lr,/m/0jbk"), ("Rain", "/m/06mb1"), ("Human_voice", "/m/09l8g")]
    dev, test = [], []
    for number, (labels, mids) in enumerate(tags):
        for clip in range(3 * each):
            fname = 1000 * number + clip
            part = ("train", "val", "eval")[clip % 3]
            write(root / ("FSD50K.eval_audio" if part == "eval" else "FSD50K.dev_audio") / f"{fname}.wav", number)
            (test if part == "eval" else dev).append((fname, labels, mids, part))
    truth = root / "FSD50K.ground_truth"
    write_csv(truth / "dev.csv", ("fname", "labels", "mids", "split"), dev)
    write_csv(truth / "eval.csv", ("fname", "labels", "mids"), [row[:3] for row in test])
    words = [pair for labels, mids in tags for pair in zip(labels.split(","), mids.split(","), strict=True)]
    lines = [f"{number},{label},{mid}\n" for number, (label, mid) in enumerate(sorted(words))]
    (truth / "vocabulary.csv").write_text("".join(lines), encoding="utf-8")
    return root


def fsdkaggle2018(root: Path, each: int, write: Writer) -> Path:
    """The folders of the archives on Zenodo."""
    tables = {"train": "train_post_competition.csv", "test": "test_post_competition_scoring_clips.csv"}
    for part, table in tables.items():
        rows = []
        for number, label in enumerate(KAGGLE):
            for clip in range(2 * each if part == "train" else each):
                fname = f"{part[:2].encode().hex()}{number}{clip:03d}.wav"
                write(root / f"FSDKaggle2018.audio_{part}" / fname, number)
                mark = clip % 2 if part == "train" else "Public"
                rows.append((fname, label, mark, f"{len(part)}{number}{clip:03d}", "Creative Commons 0"))
        mark = "manually_verified" if part == "train" else "usage"
        write_csv(root / "FSDKaggle2018.meta" / table, ("fname", "label", mark, "freesound_id", "license"), rows)
    return root


def esc50(root: Path, each: int, write: Writer) -> Path:
    """`audio/` and `meta/`, as in the repository of ESC-50."""
    rows = []
    for fold in range(1, 6):
        for number, category in enumerate(ESC50):
            for clip in range(each):
                source, take = f"{fold}{number}{clip // 2:03d}", "AB"[clip % 2]
                name = f"{fold}-{source}-{take}-{number}.wav"
                write(root / "audio" / name, number)
                rows.append((name, fold, number, category, number < 2, source, take))
    write_csv(root / "meta/esc50.csv", ("filename", "fold", "target", "category", "esc10", "src_file", "take"), rows)
    return root


def urbansound8k(root: Path, each: int, write: Writer) -> Path:
    """`audio/fold1` to `audio/fold10` and `metadata/`."""
    rows = []
    for fold in (1, 9, 10):
        for number, label in enumerate(URBAN):
            for clip in range(each):
                source = f"{fold}{number}{clip // 2:02d}"
                name = f"{source}-{number}-0-{clip}.wav"
                write(root / f"audio/fold{fold}" / name, number)
                rows.append((name, source, 0.0, 4.0, 1, fold, number, label))
    header = ("slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class")
    write_csv(root / "metadata/UrbanSound8K.csv", header, rows)
    return root


def folder(root: Path, each: int, write: Writer) -> Path:
    """`class/clip.wav`."""
    for number, label in enumerate(("my bell", "my saw", "kettle")):
        for clip in range(2 * each):
            write(root / label / f"take {number}{clip:02d}.wav", number)
    return root


def table(root: Path, each: int, write: Writer) -> Path:
    """`clips.jsonl` with several tags a clip, and the sounds in a folder beside it."""
    lines = []
    for number, label in enumerate(MIDS):
        for clip in range(2 * each):
            name = f"sounds/{number}{clip:02d}.wav"
            write(root / name, number)
            tags = [label, "Speech"] if clip % 2 and label != "Speech" else [label]
            lines.append(json.dumps({"path": name, "labels": tags, "group": f"session {number}{clip // 2}"}))
    (root / "clips.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root / "clips.jsonl"


def index(root: Path, each: int, write: Writer) -> Path:
    """`index.csv` with mids."""
    rows = []
    for number, (label, mid) in enumerate(MIDS.items()):
        for clip in range(2 * each):
            name, split = f"sounds/{number}{clip:02d}.wav", ("train", "valid")[clip % 2]
            write(root / name, number)
            rows.append((name, "tiny", split, f"source-{number}{clip:02d}", label, mid, write.rate))
    header = ("path", "dataset", "split", "source_group", "label", "audioset_mid", "source_sr")
    write_csv(root / "index.csv", header, rows)
    return root


LAYOUTS: dict[str, Callable[[Path, int, Writer], Path]] = {
    "audioset": audioset,
    "esc50": esc50,
    "folder": folder,
    "fsd50k": fsd50k,
    "fsdkaggle2018": fsdkaggle2018,
    "index": index,
    "table": table,
    "urbansound8k": urbansound8k,
}
