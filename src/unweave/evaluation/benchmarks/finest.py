"""Held-out clips of one or several data sets of an index, each called by the finest of its classes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from unweave.data.collection import Clip
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.benchmarks.held_out import Sounds, held_out
from unweave.evaluation.benchmarks.pairs import Sound, draw_pairs
from unweave.evaluation.items import Item, Piece
from unweave.ontology import Node, Ontology


@dataclass(frozen=True)
class Finest(Sounds):
    """Clips that have a class; a clip that is tagged Dog and Bark is a Bark."""

    def node(self, clip: Clip) -> Node:
        """The deepest of the clip's classes, of equally deep ones the first."""
        return max((_ontology().find(index) for index in clip.classes), key=lambda node: node.level)

    def label(self, clip: Clip) -> str:
        """See `Sounds`."""
        return self.node(clip).name if clip.classes else clip.label

    def asked(self, clip: Clip) -> tuple[str, ...]:
        """See `Sounds`."""
        return (self.node(clip).mid,) if clip.classes else ()

    def below(self, clip: Clip, names: Iterable[str]) -> bool:
        """Whether the clip's finest class is one of these, or below one."""
        node = self.node(clip)
        return bool({node.name, *(one.name for one in _ontology().ancestors(node))} & set(names))

    def sound(self, clip: Clip) -> Sound:
        """The clip for `draw_pairs`: no pair has a class and one above or below it."""
        kin = frozenset(way for index in clip.classes for way in _kin(index))
        return Sound(below(self.root, clip.path), (self.label(clip),), kin, clip.group)


def finest(root: str | Path, datasets: Collection[str] = (), mends: str | Path | None = None) -> Finest:
    """The clips with a class of these data sets in the index.csv that `root` is or holds; of all if none is named.

    Raises:
        UnweaveError: no index, or none of its clips of those data sets is held out.
    """
    sounds = held_out(root, datasets, mends)
    tested, training = ([clip for clip in clips if clip.classes] for clips in (sounds.tested, sounds.training))
    return Finest(sounds.root, tested, training, sounds.names, sounds.mids)


def kindred(one: Clip, two: Clip) -> bool:
    """Whether two clips are of one recording, or have classes of which one is above the other or the same."""
    if one.group == two.group:
        return True
    return any(_kin(a) & _kin(b) for a in one.classes for b in two.classes)


def mixed_evenly(
    sounds: Finest, clips: Sequence[Clip], each: int, seed: int, seconds: float
) -> tuple[list[Item], dict[str, list[Piece]]]:
    """Mixtures of two of the clips, where they are loudest, each class as often; and the examples of their labels."""
    by_key = {below(sounds.root, clip.path): clip for clip in clips}
    pairs = draw_pairs([sounds.sound(clip) for clip in clips], each, seed)
    used = {sound.key for pair in pairs for sound in (pair.target, pair.other)}
    pieces = {key: sounds.loudest(by_key[key], seconds) for key in sorted(used)}
    items = [
        Item(
            id=f"{pair.label}/{pair.number:03d}",
            label=pair.label,
            target=(pieces[pair.target.key],),
            others=(pieces[pair.other.key],),
            classes=sounds.asked(by_key[pair.target.key]),
            group=pair.target.group,
        )
        for pair in pairs
    ]
    labels = {item.label for item in items}
    return items, {label: pieces for label, pieces in sounds.examples().items() if label in labels}


@lru_cache(maxsize=1)
def _ontology() -> Ontology:
    return Ontology()


@lru_cache(maxsize=1024)
def _kin(index: int) -> frozenset[str]:
    """The ways from a class to itself, to all above and to all below it: two classes share one if they are kindred."""
    ontology = _ontology()
    node = ontology.find(index)
    above = [one.mid for one in ontology.ancestors(node)]
    under = [ontology.labels[place].mid for place in ontology.descendants(node)]
    return frozenset([*(f"{mid}>{node.mid}" for mid in (*above, node.mid)), *(f"{node.mid}>{mid}" for mid in under)])
