"""Environmental sounds: 2 s of two to four held-out clips, each where it is loudest, at equal energy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.benchmarks.held_out import held_out
from unweave.evaluation.benchmarks.pairs import Pair, Sound, draw_pairs, drawn
from unweave.evaluation.items import Item, Piece

SECONDS = 2.0


@benchmarks.register("environmental")
def environmental(
    root: Path, sources: int = 2, each: int = 20, dataset: str = "esc50", seed: int = 0, named: bool = True
) -> Benchmark:
    """Mixtures without a common class or recording; one of their sounds is asked for.

    Args:
        root: an index.csv, or the folder that holds it.
        sources: of a mixture, 2 to 4.
        each: mixtures for each class.
        dataset: whose clips, by the index's column `dataset`.
        seed: of the drawing.
        named: only targets with one of the index's classes; the others can only be asked for by example.
    """
    sounds = held_out(root, dataset)
    pieces = {below(sounds.root, clip.path): sounds.loudest(clip, SECONDS) for clip in sounds.tested}
    asked = {sounds.label(clip): sounds.asked(clip) for clip in sounds.tested}
    listed = [
        Sound(
            below(sounds.root, clip.path),
            (sounds.label(clip),) if bool(clip.classes) == named else (),
            frozenset({sounds.label(clip)}),
            clip.group,
        )
        for clip in sounds.tested
    ]
    options = {"sources": sources, "each": each, "dataset": dataset, "seed": seed, "named": named}
    items = list(_items(listed, draw_pairs_evenly(listed, each, seed), pieces, asked, sources, seed))
    labels = {item.label for item in items}
    return Benchmark(
        name="environmental",
        root=sounds.root,
        items=items,
        seconds=SECONDS,
        examples={label: pieces for label, pieces in sounds.examples().items() if label in labels},
        clips={label: count for label, count in sounds.counts().items() if label in labels},
        options={key: value for key, value in options.items() if value != DEFAULTS[key]},
    )


DEFAULTS: Mapping[str, object] = {"sources": 2, "each": 20, "dataset": "esc50", "seed": 0, "named": True}


def draw_pairs_evenly(sounds: Sequence[Sound], each: int, seed: int) -> list[Pair]:
    """Pairs whose targets are the sounds with a label; those without one may be mixed in."""
    others = [sound._replace(labels=tuple(sound.classes)) for sound in sounds]
    wanted = {label for sound in sounds for label in sound.labels}
    return [pair for pair in draw_pairs(others, each, seed) if pair.label in wanted]


def _items(
    sounds: Sequence[Sound],
    pairs: Sequence[Pair],
    pieces: Mapping[str, Piece],
    asked: Mapping[str, tuple[str, ...]],
    sources: int,
    seed: int,
) -> Iterator[Item]:
    by_key = {sound.key: sound for sound in sounds}
    names = list(by_key)
    for pair in pairs:
        name, mixed = f"{pair.label}/{pair.number:03d}", [pair.target, pair.other]
        for key in drawn(names, len(names) if sources > 2 else 0, "more", str(seed), name):
            if len(mixed) == sources:
                break
            sound = by_key[key]
            if all(sound.group != other.group and not sound.classes & other.classes for other in mixed):
                mixed.append(sound)
        yield Item(
            id=name,
            label=pair.label,
            target=(pieces[pair.target.key],),
            others=tuple(pieces[sound.key] for sound in mixed[1:]),
            classes=asked[pair.label],
            group=pair.target.group,
        )


@benchmarks.register("absent")
def absent(root: Path, each: int = 4, dataset: str = "esc50", seed: int = 0) -> Benchmark:
    """The same mixtures of two, asked for a class that neither of them holds: silence is right.

    Args:
        root, each, dataset, seed: as for `environmental`; `each` is of the class that is asked for.
    """
    whole = environmental(root, 2, each, dataset, seed)
    by_label: dict[str, list[Item]] = {}
    for item in whole.items:
        assert isinstance(item, Item)
        by_label.setdefault(item.label, []).append(item)
    sounds = held_out(root, dataset)
    holds = {below(sounds.root, clip.path): sounds.label(clip) for clip in sounds.tested}
    labels = sorted(by_label)
    items = []
    for place, label in enumerate(labels):
        # The mixtures of the classes that follow, none of which holds the one that is asked for.
        after = [item for step in range(1, len(labels)) for item in by_label[labels[(place + step) % len(labels)]][:1]]
        free = [item for item in after if all(holds[piece.path] != label for piece in (*item.target, *item.others))]
        items += [
            Item(
                id=f"{label}/{number:03d}",
                label=label,
                target=(),
                others=(*item.target, *item.others),
                classes=by_label[label][0].classes,
                group=item.group,
            )
            for number, item in enumerate(free[:each])
        ]
    return Benchmark(
        name="absent",
        root=whole.root,
        items=items,
        metrics=("suppression",),
        seconds=SECONDS,
        examples=whole.examples,
        clips=whole.clips,
    )
