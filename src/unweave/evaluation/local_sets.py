"""The sets of a folder of sounds: which benchmark each is, with which options, and what its run must have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unweave.data.datasets.base import existing
from unweave.data.datasets.index import is_index
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import Benchmark, benchmarks
from unweave.evaluation.benchmarks.base import limited
from unweave.evaluation.runs import MIXTURE

PAIRS = "esc50_published_pairs.csv"
LOWPASS = 8000.0  # Hz
LEVELS = (1, 2, 3)
NAME, EXAMPLE = "onehot", "example"
TAGGED = tuple(f"level {level} @ own" for level in LEVELS)
SEPARATED = (*(f"level {level}" for level in LEVELS), "auto")


@dataclass(frozen=True)
class LocalSet:
    """A set of the folder.

    Attributes:
        key: short name; a run that is made is called so.
        benchmark: as registered.
        root: what its builder reads.
        options: of the builder.
        ways: in which the model is asked; none for scenes that are tagged, or taken apart level by level.
        lowpass: in Hz.
        levels: what its run must have rows of where there are no ways.
    """

    key: str
    benchmark: str
    root: Path
    options: Mapping[str, object] = field(default_factory=dict)
    ways: tuple[str, ...] = (NAME,)
    lowpass: float | None = None
    levels: tuple[str, ...] = TAGGED

    def build(self, limit: int | None = None) -> Benchmark:
        """The benchmark.

        Raises:
            UnweaveError: the folder does not hold what it needs.
        """
        return limited(benchmarks.build(self.benchmark, root=self.root, **self.options), self.lowpass, limit)

    @property
    def systems(self) -> tuple[str, ...]:
        """What its run must have rows of."""
        return (MIXTURE, *self.ways) if self.ways else self.levels


def local_sets(
    data: Path,
    stems: Path | None = None,
    mends: Path | None = None,
    demo: Path | None = None,
    only: Collection[str] = (),
) -> list[LocalSet]:
    """The sets of a folder, whether or not it holds what they need.

    Args:
        data: a folder with an index.csv, or that file.
        stems: a folder with an index.csv of stems of songs; None if they are in `data`.
        mends: of the index, for the sets of several data sets.
        demo: a folder with the sounds of a scene (`unweave.evaluation.benchmarks.demo`); None if they are in `data`.
        only: keys of the sets that are wanted; all if none is named.

    Raises:
        UnweaveError: no folder with an index.csv, or a set that there is not.
    """
    if not is_index(existing(data)):
        raise UnweaveError(f"{data} is no index.csv of tagged clips and holds none; see docs/data.md for its columns.")
    folder = data if data.is_dir() else data.parent
    mended: dict[str, object] = {} if mends is None else {"mends": str(existing(mends))}
    report = {"half": "report", **mended}
    sounds = folder if demo is None else demo
    sets = [
        LocalSet("environmental", "environmental", data),
        LocalSet("published-pairs", "esc50", data, {"pairs": str(folder / PAIRS)}, (NAME, EXAMPLE)),
        LocalSet("three-sources", "environmental", data, {"sources": 3, "each": 10}),
        LocalSet("four-sources", "environmental", data, {"sources": 4, "each": 10}),
        LocalSet("two-sounds", "two-sounds", data, mended),
        LocalSet("instruments", "instruments", data, mended),
        LocalSet("objects", "objects", data, mended),
        LocalSet("speech-in-noise", "speech-in-noise", data),
        LocalSet("stems", "stems", data if stems is None else stems),
        LocalSet("lowpass", "environmental", data, {"each": 10}, lowpass=LOWPASS),
        LocalSet("detection", "detection", data, {"half": "report", "without": "joined"}, ()),
        LocalSet("absent", "absent", data),
        LocalSet("scenes", "scenes", data, report, (), levels=SEPARATED),
        LocalSet("never-worse", "never-worse", data, report),
        LocalSet("demo", "demo", sounds, {}, (), levels=SEPARATED),
        LocalSet("demo-names", "demo", sounds, {"ask": "name"}),
    ]
    keys = [one.key for one in sets]
    strange = next((key for key in only if key not in keys), None)
    if strange is not None:
        raise UnweaveError(f"There is no set {strange!r} of local=DATA; there are {', '.join(keys)}.")
    return [one for one in sets if not only or one.key in only]
