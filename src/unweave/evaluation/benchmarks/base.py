"""What every benchmark is: a list of items, how they are scored and how the scores are summarised.

A benchmark is one module with one builder. It reads the official layout of its data set and lists its items, always
the same ones for the same files and options.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from unweave.errors import UnweaveError
from unweave.evaluation.items import Item, Piece, Scene
from unweave.evaluation.statistics import Summary
from unweave.registry import Registry

Unit = Literal["pairs", "songs", "utterances", "plug-ins", "scenes"]


@dataclass(frozen=True)
class Benchmark:
    """Items to separate, or scenes to find sounds in.

    Attributes:
        name: as registered.
        root: the folder that paths of pieces start from.
        items: `Item`s, or `Scene`s for a benchmark of detection.
        metrics: names of the metrics that each item is scored with (see `unweave.evaluation.metrics`).
        summary: "median": the median over the items of each label, then the mean over labels (the paper's); "mean":
            the mean over all items.
        sample_rate: at which items are mixed and scored, in Hz; None for that of the files.
        mono: whether channels are averaged.
        seconds: items are cut, or padded with silence, to this; None leaves them as they are.
        lowpass: everything above is taken out of target and mixture, in Hz; None for nothing.
        examples: sounds of each label to learn what is asked for (equation 9), never of a recording that is tested on.
        clips: how many training clips each label has, for Fig. 7.
        unit: what is counted: "songs" are the different groups, "plug-ins" the different labels, all others the items.
        expected: how many the paper has; None if the paper has none of it.
        expected_by_code: how many the paper's code makes, where that is another number.
        missing: a sentence for what could not be used, as in `unweave.data.collection.Collection`.
        options: what it was built with.
    """

    name: str
    root: Path
    items: Sequence[Item] | Sequence[Scene]
    metrics: tuple[str, ...] = ("sdr", "si_sdr")
    summary: Summary = "median"
    sample_rate: int | None = 32000
    mono: bool = True
    seconds: float | None = 2.0
    lowpass: float | None = None
    examples: Mapping[str, Sequence[Piece]] = field(default_factory=dict)
    clips: Mapping[str, int] = field(default_factory=dict)
    unit: Unit = "pairs"
    expected: int | None = None
    expected_by_code: int | None = None
    missing: Sequence[str] = ()
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.items:
            raise UnweaveError(f"The benchmark {self.name} finds nothing to test on in {self.root}. {self._why()}")
        ids = Counter(item.id for item in self.items)
        if len(ids) < len(self.items):
            twice = ids.most_common(1)[0][0]
            raise UnweaveError(f"The benchmark {self.name} has two items {twice!r}; their names must differ.")

    @property
    def count(self) -> int:
        """How many `unit`s there are."""
        if self.unit == "plug-ins":
            return len({item.label for item in self.items})
        if self.unit == "songs":
            return len({item.group for item in self.items if isinstance(item, Item)})
        return len(self.items)

    def count_note(self) -> str:
        """The count beside the paper's, for people: "4 099 pairs; the paper has 4 100".

        A difference is no fault: nobody has all of AudioSet, and the authors had 93 % of it.
        """
        have = f"{_spaced(self.count)} {self.unit}"
        code = "" if self.expected_by_code is None else _spaced(self.expected_by_code)
        if self.expected is None:
            return have
        if self.count == self.expected:
            return f"{have}, as in the paper" + (f" (its code makes {code})" if code else "")
        if self.count == self.expected_by_code:
            return f"{have}, as the paper's code makes; the paper says {_spaced(self.expected)}"
        return f"{have}; the paper has {_spaced(self.expected)}" + (f", its code {code}" if code else "")

    def _why(self) -> str:
        return " ".join(self.missing[:3])


def limited(benchmark: Benchmark, lowpass: float | None = None, limit: int | None = None) -> Benchmark:
    """The benchmark below a frequency, or some of its items.

    Args:
        benchmark: all of it.
        lowpass: in Hz; None leaves that of the benchmark.
        limit: only so many items, evenly from all of them; None for all.
    """
    items = benchmark.items
    if limit is not None and limit < len(items):
        items = [items[place * len(items) // limit] for place in range(limit)]  # type: ignore[assignment]
    return replace(benchmark, items=items, lowpass=lowpass or benchmark.lowpass)


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


benchmarks: Registry[Benchmark] = Registry("benchmark", "unweave.evaluation.benchmarks")
"""Each builder takes `root`, where the data set lies, and its own options."""
