"""A few segments, encoded once each and decoded once for each telling that is active in them.

A telling may have several parts (`Telling.parts`); a part that several of them share is decoded once, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.inference.batches import Batches
from unweave.inference.prominence import raise_prominent
from unweave.inference.recording import Samples
from unweave.inference.tagging import hear_again
from unweave.inference.telling import Telling
from unweave.inference.views import fitted, joined, played
from unweave.networks import Networks
from unweave.separators.base import Encoding

Decoded = dict[tuple[int, int], Samples]


def decode_group(
    model: Networks,
    batches: Batches,
    segments: Samples,
    probabilities: NDArray[np.float32],
    tellings: Sequence[Telling],
    active: NDArray[np.bool_],
    speeds: Sequence[float] = (),
) -> Decoded:
    """What each telling finds in each segment.

    Silent channels cost nothing, and channels that are equal, as in a mono recording with two of them, cost one.

    Args:
        model: whose separator works.
        batches: how it does.
        segments: n of them, (n, C, T) at the model's rate.
        probabilities: what the tagger heard in each, (n, K).
        tellings: U of them, no two with one answer.
        active: where each is wanted, (n, U).
        speeds: at which segments are looked at beside their own (`unweave.inference.views`).

    Returns:
        For (segment, telling) a source (C, T); pairs that hold nothing are left out.
    """
    count = len(segments)
    parts = {part.key(): part for telling in tellings for part in telling.parts()}
    number = {key: p for p, key in enumerate(parts)}
    places = [[number[part.key()] for part in telling.parts()] for telling in tellings]
    needed = np.zeros((count, len(parts)), dtype=bool)
    for u, own in enumerate(places):
        needed[:, own] |= active[:, u, None]
    decoded = _decode_parts(model, batches, segments, probabilities, list(parts.values()), needed, speeds)
    keys = [(i, u) for i, u in zip(*np.nonzero(active), strict=True) if (i, places[u][0]) in decoded]
    users = Counter(own[0] for own in places)
    sources = {(i, u): [decoded[i, p] for p in places[u]] for i, u in keys}
    more = _ask_again(model, batches, segments, probabilities, tellings, sources, speeds)
    prominence, rate = model.settings.prominence, model.separator.sample_rate
    results: Decoded = dict.fromkeys(keys, np.zeros((0, 0), np.float32))

    def finish(start: int, end: int) -> None:
        for i, u in keys[start:end]:
            own = places[u]
            source = tellings[u].join(segments[i], [*sources[i, u], *more.get((i, u), ())], rate)
            if prominence > 0:
                source = raise_prominent(segments[i], source, prominence, rate)
            # Every answer is its own: whoever gets it may change it.
            results[i, u] = source.copy() if users[own[0]] > 1 and source is decoded[i, own[0]] else source

    batches.cores.run(finish, len(keys))
    return results


def _ask_again(
    model: Networks,
    batches: Batches,
    segments: Samples,
    probabilities: NDArray[np.float32],
    tellings: Sequence[Telling],
    sources: Mapping[tuple[int, int], Sequence[Samples]],
    speeds: Sequence[float],
) -> dict[tuple[int, int], list[Samples]]:
    """What is found of the first part of a telling in the mixture in which it wants to be asked again, by its key.

    Arguments and shapes of `decode_group`; `sources` holds for (segment, telling) what was found of each part.
    """
    rate = model.separator.sample_rate
    mixtures = {
        (i, u): other
        for (i, u), own in sources.items()
        if (other := tellings[u].again(segments[i], own, rate)) is not None
    }
    if not mixtures:
        return {}
    asked = sorted({u for _, u in mixtures})
    wanted = np.array([[u == one for one in asked] for _, u in mixtures])
    heard = probabilities[[i for i, _ in mixtures]]
    parts = [tellings[u].parts()[0] for u in asked]
    found = _decode_parts(model, batches, np.stack(list(mixtures.values())), heard, parts, wanted, speeds)
    places = [(row, asked.index(u)) for row, (_, u) in enumerate(mixtures)]
    return {key: [found[place]] for key, place in zip(mixtures, places, strict=True) if place in found}


def _decode_parts(
    model: Networks,
    batches: Batches,
    segments: Samples,
    probabilities: NDArray[np.float32],
    tellings: Sequence[Telling],
    active: NDArray[np.bool_],
    speeds: Sequence[float],
) -> Decoded:
    """What the separator returns for each telling in each segment; arguments and shapes of `decode_group`."""
    wanted = np.asarray(active.any(axis=1))
    encoded = _Encoded(model, batches, segments, wanted)
    once = encoded.decode(_conditions(model, tellings, probabilities, active), active)
    if not speeds or not once:
        return once
    rate, samples = model.separator.sample_rate, segments.shape[2]
    views = [once, _answered_again(model, batches, encoded, once, tellings, active)]
    for speed in speeds:
        faster = played(segments, speed, rate)
        # At another speed a sound is heard as something else, too.
        heard = probabilities
        if model.tagger is not None:
            heard = hear_again(model.tagger, batches, faster, wanted)
        view = _Encoded(model, batches, faster, wanted)
        found = view.decode(_conditions(model, tellings, heard, active), active)
        views.append({key: fitted(played(source[None], 1 / speed, rate)[0], samples) for key, source in found.items()})
    return {key: joined([view[key] for view in views if key in view]) for key in once}


def _answered_again(
    model: Networks,
    batches: Batches,
    encoded: _Encoded,
    once: Decoded,
    tellings: Sequence[Telling],
    active: NDArray[np.bool_],
) -> Decoded:
    """What is found of each telling that can also be told by what its first answer, `once`, is heard as."""
    if (tagger := model.tagger) is None:
        return {}
    silence = np.zeros(encoded.shape, np.float32)

    def hear(u: int) -> Tensor:
        answers = np.stack([once.get((i, u), silence) for i in range(len(active))])
        return torch.from_numpy(hear_again(tagger, batches, answers, active[:, u])).to(model.device)

    conditions: dict[int, Tensor] = {}
    with torch.inference_mode():
        for u in np.flatnonzero(active.any(axis=0)).tolist():
            if (told := tellings[u].once_more(model, partial(hear, u))) is not None:
                conditions[u] = told.float()
    return encoded.decode(conditions, active)


def _conditions(
    model: Networks, tellings: Sequence[Telling], probabilities: NDArray[np.float32], active: NDArray[np.bool_]
) -> dict[int, Tensor]:
    """The condition of each telling that is active, in every segment, (n, D)."""
    with torch.inference_mode():
        heard = torch.from_numpy(probabilities).to(model.device)
        return {u: telling.condition(model, heard).float() for u, telling in enumerate(tellings) if active[:, u].any()}


class _Encoded:
    """Segments that are encoded once.

    Args:
        model, batches, segments: as for `decode_group`.
        wanted: which of the segments, (n,).

    Attributes:
        shape: of a segment, (C, T).
    """

    def __init__(self, model: Networks, batches: Batches, segments: Samples, wanted: NDArray[np.bool_]) -> None:
        self.model, self.batches, self.shape = model, batches, segments.shape[1:]
        self.rows = [row for i in np.flatnonzero(wanted) for row in _rows(int(i), segments[i])]
        self.encodings: list[Encoding | None] = [None] * len(self.rows)

        def encode(start: int, end: int) -> None:
            mixture = np.stack([segments[i, same[0]] for i, same in self.rows[start:end]])
            self.encodings[start:end] = model.separator.encode(torch.from_numpy(mixture).to(model.device)).split()

        batches.run(encode, len(self.rows), model.separator.rows_per_core)

    def decode(self, conditions: Mapping[int, Tensor], active: NDArray[np.bool_]) -> Decoded:
        """For (segment, telling) what is found where it is active, (n, U), told by conditions (n, D)."""
        # One telling after the other: rows that were encoded together can then be decoded together as they lie.
        pairs = [(row, u) for u in sorted(conditions) for row, (i, _) in enumerate(self.rows) if active[i, u]]
        results: Decoded = {(self.rows[row][0], u): np.zeros(self.shape, np.float32) for row, u in pairs}
        separator = self.model.separator

        def decode(start: int, end: int) -> None:
            part = pairs[start:end]
            encoding = Encoding.join([one for row, _ in part if (one := self.encodings[row]) is not None])
            condition = torch.stack([conditions[u][self.rows[row][0]] for row, u in part])
            decoded = torch.nan_to_num(separator.decode(encoding, condition)).float().cpu().numpy()
            for (row, u), source in zip(part, decoded, strict=True):
                i, same = self.rows[row]
                results[i, u][same] = source

        self.batches.run(decode, len(pairs), separator.rows_per_core)
        return results


def _rows(i: int, segment: Samples) -> list[tuple[int, list[int]]]:
    """The different sounds of segment `i` (C, T): its number, and the channels that hold the sound."""
    rows: list[tuple[int, list[int]]] = []
    for c in np.flatnonzero(segment.any(axis=1)):
        for _, same in rows:
            if np.array_equal(segment[same[0]], segment[c]):
                same.append(int(c))
                break
        else:
            rows.append((i, [int(c)]))
    return rows
