"""Event-based counts: which events are found at the right time (sed_eval's `EventBasedMetrics`, optimal matching)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from unweave.evaluation.detection.counts import TINY, Counts, Occurrence

COLLAR_SECONDS = 0.2
SHARE_OF_LENGTH = 0.5


def event_counts(
    reference: Iterable[Occurrence],
    estimate: Iterable[Occurrence],
    collar: float = COLLAR_SECONDS,
    share: float = SHARE_OF_LENGTH,
    onset_only: bool = False,
) -> Counts:
    """Count events: each may be matched once, and as many as possible are.

    An estimate fits an event of its class that begins at most `collar` away and ends at most
    max(`collar`, `share` of the event's length) away. One of the wrong class is a false alarm and a miss; sed_eval
    calls the two one substitution, which changes its error rate but not F1.

    Args:
        reference: what sounds.
        estimate: what is said to sound.
        collar: in s.
        share: of the reference event's length, for its end.
        onset_only: whether the end does not matter.
    """
    true, said = _by_label(reference), _by_label(estimate)
    hits = 0
    for label in true.keys() & said.keys():
        fits = [
            [place for place, one in enumerate(true[label]) if _fits(one, guess, collar, share, onset_only)]
            for guess in said[label]
        ]
        hits += largest_matching(fits)
    return Counts(hits, sum(map(len, said.values())) - hits, sum(map(len, true.values())) - hits)


def largest_matching(fits: Sequence[Sequence[int]]) -> int:
    """How many pairs can be made at most, where number i may go with any one of `fits[i]` (augmenting paths)."""
    taken: dict[int, int] = {}  # which number a place goes with

    def settle(number: int, seen: set[int]) -> bool:
        for place in fits[number]:
            if place not in seen:
                seen.add(place)
                if place not in taken or settle(taken[place], seen):
                    taken[place] = number
                    return True
        return False

    return sum(settle(number, set()) for number in range(len(fits)))


def _fits(true: Occurrence, said: Occurrence, collar: float, share: float, onset_only: bool) -> bool:
    if abs(true.onset - said.onset) > collar + TINY:
        return False
    return onset_only or abs(true.offset - said.offset) <= max(collar, share * (true.offset - true.onset)) + TINY


def _by_label(events: Iterable[Occurrence]) -> dict[str, list[Occurrence]]:
    found: dict[str, list[Occurrence]] = {}
    for event in events:
        found.setdefault(event.label, []).append(event)
    return found
