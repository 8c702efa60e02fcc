"""Words that were typed wrongly: the one word that sounds are called by and that is a slip or two away."""

from __future__ import annotations

from collections.abc import Iterable

SHORTEST = 5  # letters from which a word may hold a slip
LONG = 8  # letters from which it may hold two


def corrected(word: str, known: Iterable[str]) -> str | None:
    """The nearest of `known`: one letter too many, too few, wrong or swapped, two in long words; None if none is.

    The first letter is never wrong, which keeps names and nonsense apart from words.
    """
    if len(word) < SHORTEST:
        return None
    allowed = 2 if len(word) >= LONG else 1
    best, least = None, allowed + 1
    for other in known:
        if other[0] == word[0] and abs(len(other) - len(word)) < least:
            slips = distance(word, other, least)
            if slips < least:
                best, least = other, slips
    return best


def distance(a: str, b: str, stop: int) -> int:
    """Letters to insert, delete, replace or swap with their neighbour to make `b` of `a`; `stop` if that many."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        after = [i]
        for j, other in enumerate(b, 1):
            cost = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        if min(after) >= stop:
            return stop
        before, row = row, after
    return min(row[-1], stop)
