"""A phrase as weighted words: what is meant weighs most, where it is and who makes it little."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from unweave.words.spelling import corrected
from unweave.words.tokens import PLACES, STOP, WEAK, words
from unweave.words.word import Word

AFTER_PLACE = 0.35  # weight of what follows "in", "on", "over", ...
OF_WEAK = 0.25  # weight of words such as "loud" and "someone"
OPENERS = frozenset(PLACES | STOP)


def weighted(text: str, known: Mapping[str, int], named: Collection[str]) -> list[Word]:
    """The words of a phrase that say something, each with its weight; none if there is no word in it.

    Args:
        text: one phrase.
        known: every word that has a meaning.
        named: the words that names and descriptions are made of; a word that is not known is taken for one of these
            if it is a slip away from it, or two of these written together.
    """
    typed = words(text)
    while typed and typed[0] in OPENERS and any(word not in OPENERS for word in typed):
        typed = typed[1:]
    found: list[Word] = []
    weight = 1.0
    for word in typed:
        if word in PLACES:
            weight = AFTER_PLACE
        if word in OPENERS or len(word) == 1:  # a letter alone says nothing
            continue
        share = weight * (OF_WEAK if word in WEAK else 1.0)
        if word in known:
            found.append(Word(word, share))
            continue
        parts = _parts(word, named)
        better = None if parts else corrected(word, named)
        found += [Word(part, share) for part in parts] or [Word(better or word, share, better is not None)]
    if all(word.text in WEAK for word in found):
        return [Word(word.text, 1.0, word.known) for word in found]
    return found


def _parts(word: str, named: Collection[str]) -> list[str]:
    """The two words of names that were written as one ("thunderrumble"); none if there are none."""
    for cut in range(4, len(word) - 3):
        if word[:cut] in named and word[cut:] in named:
            return [word[:cut], word[cut:]]
    return []
