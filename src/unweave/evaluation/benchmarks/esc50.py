"""ESC-50: mixtures of two whole clips of 5 s at equal energy, the mean over mixtures, as AudioSep is measured."""

from __future__ import annotations

from pathlib import Path

from unweave.data.collection import Clip
from unweave.data.datasets import datasets
from unweave.data.datasets.base import existing
from unweave.data.datasets.csvs import read_rows
from unweave.data.datasets.index import is_index
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.benchmarks.held_out import Sounds, held_out
from unweave.evaluation.benchmarks.pairs import Sound, draw_pairs
from unweave.evaluation.items import Item, Piece

SECONDS = 5.0
PAIRS = ("idx", "caption", "src_wav", "noise_wav")


@benchmarks.register("esc50")
def esc50(root: Path, fold: int = 5, pairs: str | None = None, each: int = 8, seed: int = 0) -> Benchmark:
    """Each clip of a fold that nothing is trained on, mixed with a clip of another class of that fold.

    Args:
        root: ESC-50 itself, or an index.csv with clips of it, whose held-out ones are taken.
        fold: the fold to test on, 1 to 5; not for an index, which has a split of its own.
        pairs: a csv with the columns idx, caption, src_wav, noise_wav, in ESC-50's names of files: the published pairs
            on which others report. Those of which both clips are held out are taken.
        each: mixtures of each class otherwise; a fold has 8 clips of each.
        seed: of their drawing.

    Raises:
        UnweaveError: no such data set or table, or no pair of which both clips are held out.
    """
    sounds = _of_fold(Path(root), fold)
    items = _drawn(sounds, each, seed) if pairs is None else _published(sounds, Path(pairs))
    return Benchmark(
        name="esc50",
        root=sounds.root,
        items=items,
        summary="mean",
        seconds=SECONDS,
        examples=sounds.examples(),
        clips=sounds.counts(),
        options={"fold": fold} if pairs is None and not is_index(Path(root)) else {"pairs": pairs} if pairs else {},
    )


def _of_fold(root: Path, fold: int) -> Sounds:
    if is_index(existing(root)):
        return held_out(root, "esc50")
    root = root.absolute()
    collection = datasets.build("esc50", root=root, valid_fold=0, test_fold=fold)
    tested = [clip for clip in collection.clips if clip.split == "test"]
    training = [clip for clip in collection.clips if clip.split != "test"]
    return Sounds(root, tested, training, collection.vocabulary.names, collection.vocabulary.mids)


def _item(sounds: Sounds, name: str, target: Clip, other: Clip) -> Item:
    return Item(
        id=name,
        label=sounds.label(target),
        target=(Piece(below(sounds.root, target.path), seconds=SECONDS),),
        others=(Piece(below(sounds.root, other.path), seconds=SECONDS),),
        classes=sounds.asked(target),
        group=target.group,
        part="" if target.classes else "unnamed",
    )


def _drawn(sounds: Sounds, each: int, seed: int) -> list[Item]:
    clips = {clip.path.name: clip for clip in sounds.tested}
    listed = [Sound(name, (clip.label,), frozenset({clip.label}), clip.group) for name, clip in clips.items()]
    return [
        _item(sounds, f"{pair.label}/{pair.number:03d}", clips[pair.target.key], clips[pair.other.key])
        for pair in draw_pairs(listed, each, seed)
    ]


def _published(sounds: Sounds, table: Path) -> list[Item]:
    clips = {_take(clip.path.name): clip for clip in sounds.tested}
    rows = read_rows(table, PAIRS)
    found = [
        _item(sounds, f"pair {row['idx']}", clips[_take(row["src_wav"])], clips[_take(row["noise_wav"])])
        for row in rows
        if _take(row["src_wav"]) in clips and _take(row["noise_wav"]) in clips
    ]
    if not found:
        raise UnweaveError(f"Of no pair in {table} both clips are held out; nothing can be tested on them.")
    return found


def _take(name: str) -> str:
    """Fold, recording and take of a clip, "1-100032-A", with which its name begins."""
    return "-".join(Path(name).stem.split("-")[:3])
