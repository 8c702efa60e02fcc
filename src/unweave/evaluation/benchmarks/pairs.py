"""Which sound is mixed with which: evenly over classes, never two that share a class or a recording.

Every choice is the winner of a lottery in which each candidate has a lot of its own, made of its name, the seed and
what is chosen for. So a file or a class that is added or taken away changes only the pairs that it is in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unweave.errors import UnweaveError

Keys = NDArray[np.uint64]
WORST = np.uint64(2**64 - 1)


class Sound(NamedTuple):
    """A clip that may be a target or what a target is mixed with.

    Attributes:
        key: its name, different from those of all others.
        labels: what it can be a target for.
        classes: all that it holds; two sounds that have one in common are not mixed.
        group: the recording that it is of.
    """

    key: str
    labels: tuple[str, ...]
    classes: frozenset[str]
    group: str


class Pair(NamedTuple):
    """Two sounds to be mixed.

    Attributes:
        label: that the target was drawn for.
        number: of the pair among those of its label, from 0.
        target, other: the sounds.
        other_label: that the other sound was drawn for.
    """

    label: str
    number: int
    target: Sound
    other: Sound
    other_label: str


def draw_pairs(sounds: Sequence[Sound], each: int = 100, seed: int = 0) -> list[Pair]:
    """`each` pairs for each label, sorted by label and number (Section 4.4 of the paper).

    The targets of a label come in a random order, and in another one when all of them have been used. What a target is
    mixed with is drawn evenly over labels and then over the sounds of that label. A label whose targets cannot be mixed
    with anything has no pairs.

    Raises:
        UnweaveError: `each` is below 1.
    """
    if each < 1:
        raise UnweaveError(f"Each class needs at least one pair; got each={each}.")
    members: dict[str, list[int]] = {}
    for place, sound in enumerate(sounds):
        for label in sound.labels:
            members.setdefault(label, []).append(place)
    lottery = _Lottery(sounds, members)
    return [pair for label in sorted(members) for pair in _pairs_of(label, members[label], lottery, each, seed)]


def _pairs_of(label: str, members: Sequence[int], lottery: _Lottery, each: int, seed: int) -> Iterator[Pair]:
    number = rounds = 0
    while number < each:
        before = number
        for target in lottery.shuffled(members, _key("target", str(seed), label, str(rounds))):
            partner = lottery.partner(target, _key("partner", str(seed), label, target.key, str(rounds)))
            if partner is not None:
                yield Pair(label, number, target, *partner)
                number += 1
            if number == each:
                return
        if number == before:  # none of them can be mixed with anything
            return
        rounds += 1


def drawn(names: Sequence[str], count: int, *mark: str) -> list[str]:
    """Up to `count` of the names, in a random order that depends on `mark` and the names alone."""
    lots = _lots(_key(*mark), np.array([_key(name) for name in names], np.uint64))
    return [names[place] for place in np.argsort(lots, kind="stable")[:count]]


class _Lottery:
    """Finds partners for targets."""

    def __init__(self, sounds: Sequence[Sound], members: dict[str, list[int]]) -> None:
        self.sounds = sounds
        self.keys: Keys = np.array([_key(sound.key) for sound in sounds], np.uint64)
        self.members = {label: np.array(places) for label, places in members.items()}
        self.labels = sorted(members)
        self.place = {label: place for place, label in enumerate(self.labels)}
        self.label_keys: Keys = np.array([_key(label) for label in self.labels], np.uint64)

    def shuffled(self, places: Sequence[int], key: np.uint64) -> list[Sound]:
        """The sounds at these places in an order that depends on `key`."""
        order = np.argsort(_lots(key, self.keys[list(places)]), kind="stable")
        return [self.sounds[places[number]] for number in order]

    def partner(self, target: Sound, key: np.uint64) -> tuple[Sound, str] | None:
        """A sound of another label that shares neither a class nor the recording, and that label."""
        lots = _lots(key, self.label_keys)
        lots[[self.place[name] for name in target.classes if name in self.place]] = WORST
        for place in np.argsort(lots, kind="stable"):
            if lots[place] == WORST:
                return None
            label = self.labels[place]
            members = self.members[label]
            for candidate in members[np.argsort(_lots(key, self.keys[members]), kind="stable")]:
                other = self.sounds[candidate]
                if other.group != target.group and not other.classes & target.classes:
                    return other, label
        return None


def _key(*words: str) -> np.uint64:
    digest = hashlib.blake2b("\0".join(words).encode("utf-8", "surrogateescape"), digest_size=8).digest()
    key: np.uint64 = np.uint64(int.from_bytes(digest, "big"))
    return key


def _lots(key: np.uint64, keys: Keys) -> Keys:
    """A lot for each of the keys, (n,): SplitMix64's mixing of bits, which is fast on whole arrays."""
    x = (keys ^ key) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Keys = np.minimum(x ^ (x >> np.uint64(31)), WORST - np.uint64(1))
    return mixed
