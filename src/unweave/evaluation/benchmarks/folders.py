"""Mixtures of two sounds of several data sets of an index: of all of them, of instruments, of objects over a bed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unweave.data.collection import Clip
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.benchmarks.finest import Finest, finest, kindred, mixed_evenly
from unweave.evaluation.benchmarks.held_out import held_out
from unweave.evaluation.benchmarks.pairs import drawn
from unweave.evaluation.items import Item, Piece

SECONDS = 2.0
PHRASE_SECONDS = 4.0  # of instruments, which play phrases, and of beds
INSTRUMENTS = ("philharmonia", "instruments", "berklee")
OBJECTS = ("berklee", "kitchen20")
BEDS = ("ambient",)
PLAYED = ("Musical instrument",)
THINGS = ("Sounds of things", "Source-ambiguous sounds", "Water")


@benchmarks.register("two-sounds")
def two_sounds(
    root: Path,
    each: int = 6,
    datasets: Sequence[str] = (),
    seconds: float = SECONDS,
    seed: int = 0,
    mends: str | None = None,
) -> Benchmark:
    """Mixtures of two held-out sounds at equal energy, whatever their data set; neither class is above the other.

    Args:
        root: an index.csv, or the folder that holds it.
        each: mixtures for each class, the finest that a clip is tagged with.
        datasets: whose clips; all of the index if none is named.
        seconds: of each sound, where it is loudest.
        seed: of the drawing.
        mends: of the index.
    """
    sounds = finest(root, datasets, mends)
    options = {"each": each, "datasets": list(datasets), "seconds": seconds, "seed": seed}
    return _evenly("two-sounds", sounds, sounds.tested, each, seed, seconds, options)


@benchmarks.register("instruments")
def instruments(
    root: Path, each: int = 12, datasets: Sequence[str] = INSTRUMENTS, seed: int = 0, mends: str | None = None
) -> Benchmark:
    """Two held-out instruments at once, 4 s, at equal energy.

    Args:
        root, each, datasets, seed, mends: as for `two-sounds`; of the clips those of a musical instrument are taken.
    """
    sounds = finest(root, datasets, mends)
    clips = [clip for clip in sounds.tested if sounds.below(clip, PLAYED)]
    options = {"each": each, "datasets": list(datasets), "seed": seed}
    return _evenly("instruments", sounds, clips, each, seed, PHRASE_SECONDS, options)


@benchmarks.register("objects")
def objects(
    root: Path,
    each: int = 8,
    datasets: Sequence[str] = OBJECTS,
    beds: Sequence[str] = BEDS,
    seed: int = 0,
    mends: str | None = None,
) -> Benchmark:
    """A held-out everyday object over a bed of background at equal energy, 4 s.

    Args:
        root, each, datasets, seed, mends: as for `two-sounds`; of the clips those of a thing, or of a sound that
            things make, are taken, and no instrument.
        beds: data sets of what lies under it, whose class may be unknown.
    """
    sounds = finest(root, datasets, mends)
    targets: dict[str, list[Clip]] = {}
    for clip in sounds.tested:
        if sounds.below(clip, THINGS) and not sounds.below(clip, PLAYED):
            targets.setdefault(sounds.label(clip), []).append(clip)
    under = {below(sounds.root, clip.path): clip for clip in held_out(root, beds, mends).tested}
    if not targets:
        raise UnweaveError(f"{root} has no held-out object of {' or '.join(datasets)}; see the options of objects.")
    items = []
    for label, clips in sorted(targets.items()):
        for number in range(each):
            clip = clips[number % len(clips)]
            free = [name for name, bed in under.items() if not kindred(clip, bed)]
            for name in drawn(free, 1, "bed", str(seed), label, str(number)):
                items.append(
                    Item(
                        id=f"{label}/{number:03d}",
                        label=label,
                        target=(sounds.loudest(clip, PHRASE_SECONDS),),
                        others=(Piece(name, seconds=PHRASE_SECONDS),),
                        classes=sounds.asked(clip),
                        group=clip.group,
                    )
                )
    return Benchmark(
        name="objects",
        root=sounds.root,
        items=items,
        seconds=PHRASE_SECONDS,
        examples={label: pieces for label, pieces in sounds.examples().items() if label in targets},
        options={"each": each, "datasets": list(datasets), "beds": list(beds), "seed": seed},
    )


def _evenly(
    name: str, sounds: Finest, clips: Sequence[Clip], each: int, seed: int, seconds: float, options: dict[str, object]
) -> Benchmark:
    items, examples = mixed_evenly(sounds, clips, each, seed, seconds)
    return Benchmark(name=name, root=sounds.root, items=items, seconds=seconds, examples=examples, options=options)
