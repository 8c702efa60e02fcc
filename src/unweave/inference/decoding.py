"""A few segments, encoded once each and decoded once for each telling that is active in them.

A telling may have several parts (`Telling.parts`); a part that several of them share is decoded once, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from unweave.inference.batches import Batches
from unweave.inference.prominence import raise_prominent
from unweave.inference.recording import Samples
from unweave.inference.telling import Telling
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
    decoded = _decode_parts(model, batches, segments, probabilities, list(parts.values()), needed)
    keys = [(i, u) for i, u in zip(*np.nonzero(active), strict=True) if (i, places[u][0]) in decoded]
    users = Counter(own[0] for own in places)
    sources = {(i, u): [decoded[i, p] for p in places[u]] for i, u in keys}
    more = _ask_again(model, batches, segments, probabilities, tellings, sources)
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
    found = _decode_parts(model, batches, np.stack(list(mixtures.values())), heard, parts, wanted)
    places = [(row, asked.index(u)) for row, (_, u) in enumerate(mixtures)]
    return {key: [found[place]] for key, place in zip(mixtures, places, strict=True) if place in found}


def _decode_parts(
    model: Networks,
    batches: Batches,
    segments: Samples,
    probabilities: NDArray[np.float32],
    tellings: Sequence[Telling],
    active: NDArray[np.bool_],
) -> Decoded:
    """What the separator returns for each telling in each segment; arguments and shapes of `decode_group`."""
    count, channels, samples = segments.shape
    rows = [row for i in range(count) if active[i].any() for row in _rows(i, segments[i])]
    # One telling after the other: rows that were encoded together can then be decoded together as they lie.
    pairs = [(row, u) for u in range(len(tellings)) for row, (i, _) in enumerate(rows) if active[i, u]]
    if not pairs:
        return {}
    separator, device = model.separator, model.device
    with torch.inference_mode():
        heard = torch.from_numpy(probabilities).to(device)
        conditions = {
            u: telling.condition(model, heard).float()  # (n, D)
            for u, telling in enumerate(tellings)
            if active[:, u].any()
        }
    encodings: list[Encoding | None] = [None] * len(rows)
    results: Decoded = {(rows[row][0], u): np.zeros((channels, samples), np.float32) for row, u in pairs}

    def encode(start: int, end: int) -> None:
        mixture = np.stack([segments[i, same[0]] for i, same in rows[start:end]])
        encodings[start:end] = separator.encode(torch.from_numpy(mixture).to(device)).split()

    def decode(start: int, end: int) -> None:
        part = pairs[start:end]
        encoding = Encoding.join([one for row, _ in part if (one := encodings[row]) is not None])
        condition = torch.stack([conditions[u][rows[row][0]] for row, u in part])
        decoded = torch.nan_to_num(separator.decode(encoding, condition)).float().cpu().numpy()
        for (row, u), source in zip(part, decoded, strict=True):
            i, same = rows[row]
            results[i, u][same] = source

    batches.run(encode, len(rows), separator.rows_per_core)
    batches.run(decode, len(pairs), separator.rows_per_core)
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
