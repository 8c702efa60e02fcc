"""What is measured of scenes: what is said to sound when, the tracks one gets, or what is asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.detection.tags import TagMeasurer
from unweave.evaluation.items import Item, Scene
from unweave.evaluation.measurer import Measurer
from unweave.evaluation.rows import Row
from unweave.evaluation.tracks.levels import LevelMeasurer
from unweave.evaluation.tracks.named import NamedMeasurer
from unweave.model import Model

MEASURERS: dict[str, Callable[..., Measurer]] = {"tracks": LevelMeasurer, "named": NamedMeasurer}
"""By a metric of a benchmark of scenes; of all others it is what is said to sound when."""


class DetectionMeasurer:
    """Measures scenes as their benchmark wants it (see `unweave.evaluation.measurer.Measurer`).

    Args:
        model: that is measured.
        benchmark: whose scenes will come.
        options: of the measurer that its metrics name.

    Raises:
        UnweaveError: the model has no tagger.
    """

    columns: tuple[str, ...] = TagMeasurer.columns

    def __init__(self, model: Model, benchmark: Benchmark, *options: Any, **named: Any) -> None:
        if model.tagger is None:
            raise UnweaveError(f"The model {model.name} has no tagger: it cannot say what sounds when.")
        made = next((MEASURERS[name] for name in benchmark.metrics if name in MEASURERS), TagMeasurer)
        self._measurer: Measurer = made(model, benchmark, *options, **named)
        self.columns, self.systems = self._measurer.columns, self._measurer.systems

    def __call__(self, items: Sequence[Item | Scene]) -> list[Row]:
        """The rows of the scenes, in their order and that of `systems`."""
        return self._measurer(items)

    def summarise(self, rows: Sequence[Row]) -> dict[str, Any]:
        """See `Measurer`."""
        return self._measurer.summarise(rows)
