"""Measuring separation: every item gets a row of each reference system and of each way in which the model is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.audio.resampling import resample
from unweave.evaluation.asking import Asker, Heard
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.estimates import cut_segments, estimate
from unweave.evaluation.ideal import ideal_complex_mask, ideal_ratio_mask
from unweave.evaluation.items import Item, Scene
from unweave.evaluation.metrics import Metric, is_silent, metrics
from unweave.evaluation.mixtures import Mixture, make_mixture
from unweave.evaluation.rows import Row
from unweave.evaluation.summary import summary_of
from unweave.inference.batches import computing
from unweave.inference.segmenting import Grid
from unweave.inference.tagging import downmix
from unweave.model import Model

Samples = NDArray[np.float32]


def _same(target: Samples, mixture: Samples) -> Samples:
    return mixture


REFERENCES: dict[str, Callable[[Samples, Samples], Samples]] = {
    "mixture": _same,
    "ideal ratio mask": ideal_ratio_mask,
    "ideal complex mask": ideal_complex_mask,
}
"""What every table has beside the model: (target, mixture) (C, T) each -> estimate (C, T)."""


class SeparationMeasurer:
    """Rows of separation; see `unweave.evaluation.measurer.Measurer`.

    An item whose target is silent has no figures. Nor has a way in which an item cannot be asked for, such as by a
    class that the model does not know.

    Args:
        model: does the work.
        benchmark: how items are mixed and scored.
        asker: makes the conditions.
        batch: rows that the networks work on at once.
        references: which of `REFERENCES` are measured too; None for all.
        repeat: how sounds shorter than a segment are filled up, see `unweave.evaluation.estimates.cut_segments`.
    """

    def __init__(
        self,
        model: Model,
        benchmark: Benchmark,
        asker: Asker,
        batch: int = 8,
        references: Sequence[str] | None = None,
        repeat: bool = True,
    ) -> None:
        self.model, self.benchmark, self.asker, self.batch, self.repeat = model, benchmark, asker, batch, repeat
        self.metrics: list[Metric] = [metrics.build(name) for name in benchmark.metrics]
        self.columns = tuple(column for metric in self.metrics for column in metric.columns)
        self.systems = (*(REFERENCES if references is None else references), *asker.ways)

    def __call__(self, items: Sequence[Item | Scene]) -> list[Row]:
        """See `Measurer`."""
        listed = [cast(Item, item) for item in items]
        made = [make_mixture(self.benchmark, item) for item in listed]
        estimates = self._estimates(listed, made)
        rows = []
        for item, sound, own in zip(listed, made, estimates, strict=True):
            for system in self.systems:
                row: Row = {
                    "item": item.id,
                    "label": item.label,
                    "group": item.group,
                    "part": item.part,
                    "system": system,
                }
                if system in REFERENCES:
                    row |= self._scores(sound, REFERENCES[system](sound.target, sound.mixture))
                else:
                    row |= self._scores(sound, own.get(system))
                rows.append(row)
        return rows

    def summarise(self, rows: Sequence[Row]) -> dict[str, Any]:
        """See `Measurer`."""
        return summary_of(rows, self.benchmark.summary)

    def _scores(self, sound: Mixture, estimate: Samples | None) -> dict[str, float]:
        scores: dict[str, float] = {}
        silent = is_silent(sound.target)
        for metric in self.metrics:
            if estimate is None or metric.of_silence != silent:
                scores |= dict.fromkeys(metric.columns, math.nan)
            else:
                scores |= metric(sound.target, estimate, sound.mixture, sound.sample_rate)
        return scores

    def _estimates(self, items: Sequence[Item], made: Sequence[Mixture]) -> list[dict[str, Samples]]:
        """The model's estimates of each item by way, at the item's rate and length."""
        rate = self.model.sample_rate
        mixtures = [resample(sound.mixture, sound.sample_rate, rate) for sound in made]
        asked = [
            self._asked(item, mixture, resample(sound.target, sound.sample_rate, rate))
            for item, sound, mixture in zip(items, made, mixtures, strict=True)
        ]
        conditions, active = [told for told, _ in asked], [gated for _, gated in asked]
        results = estimate(self.model, mixtures, conditions, self.batch, active, self.repeat)
        return [
            {way: _fit(resample(wave, rate, sound.sample_rate), sound.target.shape[1]) for way, wave in result.items()}
            for sound, result in zip(made, results, strict=True)
        ]

    @torch.inference_mode()
    def _asked(
        self, item: Item, mixture: Samples, target: Samples
    ) -> tuple[dict[str, Tensor], dict[str, NDArray[np.bool_]]]:
        grid = Grid.of(self.model)
        mono = [
            np.stack([downmix(segment) for segment in cut_segments(wave, grid, self.repeat)])
            for wave in (mixture, target)
        ]

        @lru_cache(maxsize=1)
        def probabilities() -> tuple[Tensor, Tensor]:
            assert self.model.tagger is not None
            parts = [mono[0][first : first + self.batch] for first in range(0, len(mono[0]), self.batch)]
            with computing(self.model.device, self.model.precision):
                tags = [self.model.tagger(torch.from_numpy(part).to(self.model.device)) for part in parts]
            clip, told = (torch.cat(each) for each in zip(*((one.clip, one.told) for one in tags), strict=True))
            return torch.nan_to_num(clip).float(), torch.nan_to_num(told).float()

        heard = Heard(item, mono[0], mono[1], probabilities)
        return self.asker.conditions(heard), self.asker.active(heard)


def _fit(wave: Samples, length: int) -> Samples:
    return np.pad(wave[:, :length], ((0, 0), (0, max(0, length - wave.shape[1]))))
