"""AudioSet (Section 4.4.1 of the paper): anchors of evaluation clips, 100 pairs for each of 527 classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from unweave.data.collection import Clip, Collection
from unweave.data.datasets import datasets
from unweave.data.datasets.audioset import BALANCED, find_list
from unweave.data.datasets.report import Report
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.anchors import AnchorFinder, Progress, load_detector
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import EXAMPLES, SECONDS, below, counts, examples, note_unpaired, place
from unweave.evaluation.benchmarks.kept import Kept
from unweave.evaluation.benchmarks.pairs import Pair, Sound, draw_pairs
from unweave.evaluation.items import Item, Piece

if TYPE_CHECKING:
    from unweave.taggers import Tagger

DETECTOR = "panns-cnn14-decisionlevelmax"  # the paper's


@benchmarks.register("audioset")
def audioset(
    root: Path,
    detector: str | Path | Tagger = DETECTOR,
    each: int = 100,
    seed: int = 0,
    average: int = EXAMPLES,
    batch: int = 8,
    device: str = "auto",
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Benchmark:
    """Two anchors of 2 s from clips that have no tag in common, at equal energy; 52 700 pairs of 527 classes.

    The anchor of a clip lies where the detector hears the class most that the clip was drawn for (equations 3 and 4).
    The paper's code does not look whether the two clips share a tag. What the average embedding is taken of are
    anchors too, mined in the same way from the clips of the balanced subset (Section 4.6.2).

    Args:
        root: of the data set; the list of evaluation clips is enough, with the balanced list there are examples too.
        detector: itself, or a name or a path that `unweave.pretrained` has weights for.
        each: pairs of each class.
        seed: of the drawing.
        average: anchors of each class that are averaged, of a training clip each; 0 for none, which spares the detector
            all training clips.
        batch: clips that the detector hears at once.
        device: that it runs on.
        cache: a file that keeps the anchors found so far, so that a run that was stopped goes on.
        progress: told of clips heard and clips in all.

    Raises:
        UnweaveError: no such folder, a list that is missing, no detector, or no clip to test on.
    """
    root, report = place(root), Report()
    subset = "eval" if find_list(root, BALANCED) is None else "balanced"
    collection = datasets.build("audioset", root=root, subset=subset)
    finder = AnchorFinder(load_detector(detector), SECONDS, batch, device, Kept(cache))
    tags = _tags(collection)
    sounds = [
        Sound(below(root, clip.path), tags(clip), frozenset(tags(clip)), clip.group)
        for clip in collection.clips
        if clip.split == "test"
    ]
    place_of = {name: number for number, name in enumerate(collection.vocabulary.names)}
    if average < 0:
        raise UnweaveError(f"An average is taken of 0 anchors or more; got average={average}.")
    pairs, starts = _anchored_pairs(sounds, place_of, finder, root, each, seed, report, progress)

    def piece(sound: Sound, label: str) -> Piece:
        return Piece(sound.key, starts[sound.key, place_of[label]], SECONDS)

    items = [
        Item(
            id=f"{pair.label}/{pair.number:03d}",
            label=pair.label,
            target=(piece(pair.target, pair.label),),
            others=(piece(pair.other, pair.other_label),),
            classes=(collection.vocabulary.mids[place_of[pair.label]],),
            group=pair.target.group,
        )
        for pair in pairs
    ]
    labels = sorted({pair.label for pair in pairs})
    training = [clip for clip in collection.clips if clip.split != "test"]
    learnt = _anchored_examples(root, training, labels, tags, place_of, finder, average, report, progress)
    return Benchmark(
        name="audioset",
        root=root,
        items=items,
        examples=learnt,
        clips=counts(training, labels, tags) if training else {},
        expected=52700,
        missing=(*collection.missing, *report.sentences()),
        options={
            "detector": str(detector) if isinstance(detector, str | Path) else type(detector).__name__,
            "each": each,
            "seed": seed,
            "average": average,
        },
    )


def _tags(collection: Collection) -> Callable[[Clip], tuple[str, ...]]:
    names = collection.vocabulary.names

    def tags(clip: Clip) -> tuple[str, ...]:
        return tuple(names[number] for number in clip.classes)

    return tags


def _anchored_examples(
    root: Path,
    clips: list[Clip],
    labels: list[str],
    tags: Callable[[Clip], tuple[str, ...]],
    place_of: dict[str, int],
    finder: AnchorFinder,
    most: int,
    report: Report,
    progress: Progress | None,
) -> dict[str, list[Piece]]:
    """The anchors of up to `most` training clips of each label; a clip that cannot be heard makes way for another."""
    broken: set[str] = set()
    while True:
        sound = [clip for clip in clips if below(root, clip.path) not in broken] if most else []
        chosen = examples(root, sound, labels, tags, SECONDS, ranked=False, most=most)
        wanted: dict[str, set[int]] = {}
        for label, pieces in chosen.items():
            for piece in pieces:
                wanted.setdefault(piece.path, set()).add(place_of[label])
        starts, faults = finder.find(root, wanted, progress)
        if not faults:
            return {
                label: [Piece(piece.path, starts[piece.path, place_of[label]], SECONDS) for piece in pieces]
                for label, pieces in chosen.items()
            }
        for fault in faults.values():
            report.note(fault)
        broken |= faults.keys()


def _anchored_pairs(
    sounds: list[Sound],
    place_of: dict[str, int],
    finder: AnchorFinder,
    root: Path,
    each: int,
    seed: int,
    report: Report,
    progress: Progress | None,
) -> tuple[list[Pair], dict[tuple[str, int], float]]:
    """Pairs of clips that can all be heard, and where their anchors start.

    A clip that turns out to be broken is taken out, and only the pairs that it was in are drawn anew.
    """
    starts: dict[tuple[str, int], float] = {}
    while True:
        pairs = draw_pairs(sounds, each, seed)
        wanted: dict[str, set[int]] = {}
        for pair in pairs:
            for sound, label in ((pair.target, pair.label), (pair.other, pair.other_label)):
                if (sound.key, place_of[label]) not in starts:
                    wanted.setdefault(sound.key, set()).add(place_of[label])
        found, faults = finder.find(root, wanted, progress)
        starts |= found
        if not faults:
            note_unpaired(sounds, pairs, report)
            return pairs, starts
        for fault in faults.values():
            report.note(fault)
        sounds = [sound for sound in sounds if sound.key not in faults]
