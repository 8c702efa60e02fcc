"""Estimates of a model for many mixtures at once: every segment is encoded once and decoded once for each way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.audio.blocks import OverlapAdd
from unweave.inference.batches import computing
from unweave.inference.prominence import raise_prominent
from unweave.inference.segmenting import Grid
from unweave.model import Model

Samples = NDArray[np.float32]


def cut_segments(wave: Samples, grid: Grid, repeat: bool = True) -> Samples:
    """(C, T) -> (I, C, segment), as the model is shown a recording; the last one filled up.

    A sound that is shorter than a segment is repeated to the end of it: a model of Table 6 that has learnt from
    anchors of 10 s never heard one with 8 s of silence. The paper leaves open how its pairs of 2 s were given to such
    models; benchmarks/short_sounds.py measures both ways.

    Args:
        wave: (C, T).
        grid: of the model.
        repeat: False fills it up with silence, or with itself backwards where segments overlap.
    """
    if repeat and 0 < wave.shape[1] < grid.segment:
        wave = np.tile(wave, -(-grid.segment // wave.shape[1]))[:, : grid.segment]
    splitter = grid.splitter()
    return np.stack([*splitter.push(wave), *splitter.finish()])


@dataclass
class _Row:
    """One channel of one segment of one mixture."""

    mixture: int
    segment: int
    channel: int


@torch.inference_mode()
def estimate(
    model: Model,
    mixtures: Sequence[Samples],
    conditions: Sequence[Mapping[str, Tensor]],
    batch: int = 8,
    active: Sequence[Mapping[str, NDArray[np.bool_]]] | None = None,
    repeat: bool = True,
) -> list[dict[str, Samples]]:
    """What the model takes out of mixtures.

    Args:
        model: its settings say how mixtures are cut and joined.
        mixtures: (C, T) each, at the model's rate.
        conditions: for each mixture and each way of asking, what the separator is told in each of its segments, (I, D).
        batch: rows that the separator works on at once.
        active: for each mixture and each way that is gated, which segments are decoded, (I,); the others are silent.
        repeat: how mixtures shorter than a segment are filled up, see `cut_segments`.

    Returns:
        For each mixture, the estimate (C, T) of each way.
    """
    grid = Grid.of(model)
    segments = [cut_segments(wave, grid, repeat) for wave in mixtures]
    rows = [
        _Row(mixture, segment, channel)
        for mixture, cut in enumerate(segments)
        for segment in range(len(cut))
        for channel in range(cut.shape[1])
    ]
    out = [{way: np.zeros_like(cut) for way in asked} for cut, asked in zip(segments, conditions, strict=True)]

    def wanted(row: _Row, way: str) -> bool:
        gated = active[row.mixture].get(way) if active is not None else None
        return gated is None or bool(gated[row.segment])

    for first in range(0, len(rows), batch):
        group = rows[first : first + batch]
        waves = np.stack([segments[row.mixture][row.segment, row.channel] for row in group])
        with computing(model.device, model.precision):
            encoding = model.separator.encode(torch.from_numpy(waves).to(model.device))
        for way in dict.fromkeys(way for row in group for way in conditions[row.mixture]):
            chosen = [place for place, row in enumerate(group) if way in conditions[row.mixture] and wanted(row, way)]
            if not chosen:
                continue
            told = torch.stack([conditions[group[place].mixture][way][group[place].segment] for place in chosen])
            index = torch.tensor(chosen, device=model.device)
            with computing(model.device, model.precision):
                decoded = model.separator.decode(encoding.rows(index), told.to(model.device).float())
            for place, wave in zip(chosen, torch.nan_to_num(decoded).float().cpu().numpy(), strict=True):
                row = group[place]
                out[row.mixture][way][row.segment, row.channel] = wave
    raised = partial(raise_prominent, prominence=model.settings.prominence, sample_rate=model.sample_rate)
    return [
        {
            way: _join(np.stack(list(map(raised, cut, estimates))), grid, wave.shape[1])
            for way, estimates in ways.items()
        }
        for wave, cut, ways in zip(mixtures, segments, out, strict=True)
    ]


def _join(segments: Samples, grid: Grid, samples: int) -> Samples:
    """(I, C, segment) -> (C, T), neighbours cross-faded."""
    join = OverlapAdd(grid.segment, grid.overlap, channels=segments.shape[1])
    pieces = [join.add(segment) for segment in segments]
    return np.concatenate([*pieces, join.finish(samples)], axis=1)
