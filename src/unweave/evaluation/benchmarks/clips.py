"""What the benchmarks made of tagged clips have in common: pairs of test clips, and training clips as examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from unweave.audio.io import probe
from unweave.data.collection import Clip, Collection
from unweave.data.datasets.base import existing
from unweave.data.datasets.report import Report
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.benchmarks.pairs import Pair, Sound, draw_pairs, drawn
from unweave.evaluation.items import Item, Piece

EXAMPLES = 100  # of a label, where the paper's code averages as many (equation 9); of songs and speech it takes all
SECONDS = 2.0

Labels = Callable[[Clip], Sequence[str]]


def place(root: str | Path) -> Path:
    """Where a data set lies, absolute.

    Raises:
        UnweaveError: there is no such folder.
    """
    path = existing(root).absolute()
    if not path.is_dir():
        raise UnweaveError(f"{path} is a file; give the folder in which the data set lies.")
    return path


def below(root: Path, path: Path) -> str:
    """The path of a file below `root`, with "/".

    Raises:
        UnweaveError: it lies elsewhere.
    """
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        raise UnweaveError(
            f"{path} does not lie below {root}, where the index is, so its place means nothing elsewhere; move the "
            "index to a folder above all its clips."
        ) from None


def first_seconds(
    name: str,
    root: Path,
    collection: Collection,
    tags: Labels,
    mids: Mapping[str, str],
    each: int,
    seed: int,
    expected: int,
) -> Benchmark:
    """Pairs of the first 2 s of test clips; a clip stands for the first of its tags and shares none with the other.

    Args:
        name: of the benchmark.
        root: that the clips lie below.
        collection: the clips.
        tags: of a clip, in the data set's own words.
        mids: what each tag is asked for by; tags that are not in it can only be asked for by example.
        each: pairs of each tag.
        seed: of the drawing.
        expected: pairs in the paper.
    """
    report = Report()
    sounds = []
    for clip in collection.clips:
        if clip.split == "test" and readable(clip.path, report):
            words = tags(clip)
            sounds.append(Sound(below(root, clip.path), tuple(words[:1]), frozenset(words), clip.group))
    pairs = draw_pairs(sounds, each, seed)
    note_unpaired(sounds, pairs, report)

    def item(pair: Pair) -> Item:
        return Item(
            id=f"{pair.label}/{pair.number:03d}",
            label=pair.label,
            target=(Piece(pair.target.key, seconds=SECONDS),),
            others=(Piece(pair.other.key, seconds=SECONDS),),
            classes=(mids[pair.label],) if pair.label in mids else (),
            group=pair.target.group,
        )

    labels = sorted({pair.label for pair in pairs})
    training = [clip for clip in collection.clips if clip.split != "test"]
    return Benchmark(
        name=name,
        root=root,
        items=[item(pair) for pair in pairs],
        examples=examples(root, training, labels, tags, SECONDS),
        clips=counts(training, labels, tags),
        expected=expected,
        missing=(*collection.missing, *report.sentences()),
        options={"each": each, "seed": seed},
    )


def readable(path: Path, report: Report) -> bool:
    """Whether a file is sound; if not, it is reported. Only its header is read."""
    try:
        probe(path)
    except UnweaveError as error:
        report.note(str(error))
        return False
    return True


def note_unpaired(sounds: Iterable[Sound], pairs: Iterable[Pair], report: Report) -> None:
    """Report labels that no pair was found for."""
    for label in sorted({label for sound in sounds for label in sound.labels} - {pair.label for pair in pairs}):
        report.note(f"{label}: every other clip shares a class with its clips, so there is nothing to mix them with.")


def examples(
    root: Path,
    clips: Iterable[Clip],
    labels: Iterable[str],
    tags: Labels,
    seconds: float,
    ranked: bool = True,
    most: int = EXAMPLES,
) -> dict[str, list[Piece]]:
    """Up to 100 clips of each label; a label without any is left out.

    Args:
        root: that the clips lie below.
        clips: to learn from.
        labels: that are tested.
        tags: of a clip.
        seconds: of each clip, from its start.
        ranked: the first tag is what a clip stands for, so others are taken only where no clip has the label first.
        most: clips of a label.
    """
    first: dict[str, list[str]] = {label: [] for label in labels}
    further: dict[str, list[str]] = {label: [] for label in first}
    for clip in clips:
        for number, label in enumerate(tags(clip)):
            if label in first:
                (further if ranked and number else first)[label].append(below(root, clip.path))
    found = {label: drawn(first[label] or further[label], most, "example", label) for label in first}
    return {label: [Piece(name, seconds=seconds) for name in names] for label, names in found.items() if names}


def counts(clips: Iterable[Clip], labels: Iterable[str], tags: Labels) -> dict[str, int]:
    """How many of the clips are tagged with each label."""
    found = dict.fromkeys(labels, 0)
    for clip in clips:
        for label in tags(clip):
            if label in found:
                found[label] += 1
    return found
