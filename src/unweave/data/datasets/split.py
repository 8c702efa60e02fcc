"""Splits: what their parts are called, and a part to be held out where a collection has none."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from unweave.errors import UnweaveError

PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("valid", "val", "validation", "validate", "dev", "development"), "valid"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
"""What people call the parts of a split, in lower case, and our names for them."""


def lot(key: str) -> float:
    """A number in [0, 1) that depends on the key alone."""
    text = unicodedata.normalize("NFC", key).encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") / 2**64


def held_out(keys: Sequence[str], classes: Sequence[Sequence[str]], one_in: int) -> set[str]:
    """Recordings to validate on: about one in `one_in`, and at least one of each class that has two.

    A recording's lot depends on its own name alone, so that clips that are added move no others: except that a class
    which had none held out by lot gave one up for that, and may get it back.

    Args:
        keys: the recording of each clip.
        classes: the labels of each clip.
        one_in: 0 holds nothing out.

    Raises:
        UnweaveError: `one_in` is 1 or negative.
    """
    if one_in < 0 or one_in == 1:
        raise UnweaveError(f"The option valid_one_in is {one_in}; it must be 0 (hold nothing out) or at least 2.")
    if one_in == 0:
        return set()
    members: dict[str, set[str]] = defaultdict(set)
    for key, labels in zip(keys, classes, strict=True):
        for label in labels:
            members[label].add(key)
    lots = {key: lot(key) for key in keys}
    held = {key for key, value in lots.items() if value < 1 / one_in}
    for label in sorted(members):
        if len(members[label]) > 1 and not members[label] & held:
            held.add(min(members[label], key=lots.__getitem__))
    for label in sorted(members):
        if members[label] <= held:  # something to learn from is needed more
            held.discard(max(members[label], key=lots.__getitem__))
    return held
