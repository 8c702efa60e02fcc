"""One model on everything that is held out in a folder of sounds: which sets there are, and their runs.

Each set is a benchmark with its options. Of each only what `unweave.evaluation.glance` shows is measured; a run of the
same weights on the same items that is there already, such as one with all ways of asking, is taken instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from unweave.data.datasets.base import existing
from unweave.data.datasets.index import is_index
from unweave.errors import UnweaveError
from unweave.evaluation.averages import Averages
from unweave.evaluation.benchmarks import Benchmark, benchmarks
from unweave.evaluation.benchmarks.base import limited
from unweave.evaluation.fingerprint import data_fingerprint, model_fingerprint
from unweave.evaluation.run import Progress, evaluate
from unweave.evaluation.runs import ABOUT, MIXTURE, Run
from unweave.evaluation.setup import Setup
from unweave.model import Model

LOCAL = "local"
PAIRS = "esc50_published_pairs.csv"
LOWPASS = 8000.0  # Hz
LEVELS = (1, 2, 3)

NAME, EXAMPLE = "onehot", "example"

Found = Run | str
"""The run of a set, or why there is none."""


@dataclass(frozen=True)
class LocalSet:
    """A set of the folder.

    Attributes:
        key: short name; a run that is made is called so.
        benchmark: as registered.
        root: what its builder reads.
        options: of the builder.
        ways: in which the model is asked; none for scenes.
        lowpass: in Hz.
    """

    key: str
    benchmark: str
    root: Path
    options: Mapping[str, object] = field(default_factory=dict)
    ways: tuple[str, ...] = (NAME,)
    lowpass: float | None = None

    def build(self, limit: int | None = None) -> Benchmark:
        """The benchmark.

        Raises:
            UnweaveError: the folder does not hold what it needs.
        """
        return limited(benchmarks.build(self.benchmark, root=self.root, **self.options), self.lowpass, limit)

    @property
    def systems(self) -> tuple[str, ...]:
        """What its run must have rows of."""
        return (MIXTURE, *self.ways) if self.ways else tuple(f"level {level} @ own" for level in LEVELS)


@dataclass(frozen=True)
class Local:
    """What is measured.

    Attributes:
        data: a folder with an index.csv (docs/data.md), or that file.
        results: folder of the model's runs; new ones go into `local` below it.
        model: name or path, as for `unweave.load_model`.
        stems: a folder with an index.csv of stems of songs; None if they are in `data`.
        limit: only so many items of each set, evenly from all of them.
        workers, batch, device: as for `unweave.evaluation.run`.
    """

    data: Path
    results: Path
    model: str = "small"
    stems: Path | None = None
    limit: int | None = None
    workers: int = 0
    batch: int = 8
    device: str = "auto"


def local_sets(data: Path, stems: Path | None = None) -> list[LocalSet]:
    """The sets of a folder, whether or not it holds what they need.

    Raises:
        UnweaveError: no folder with an index.csv.
    """
    if not is_index(existing(data)):
        raise UnweaveError(f"{data} is no index.csv of tagged clips and holds none; see docs/data.md for its columns.")
    pairs = (data if data.is_dir() else data.parent) / PAIRS
    return [
        LocalSet("environmental", "environmental", data),
        LocalSet("published-pairs", "esc50", data, {"pairs": str(pairs)}, (NAME, EXAMPLE)),
        LocalSet("three-sources", "environmental", data, {"sources": 3, "each": 10}),
        LocalSet("four-sources", "environmental", data, {"sources": 4, "each": 10}),
        LocalSet("speech-in-noise", "speech-in-noise", data),
        LocalSet("stems", "stems", data if stems is None else stems),
        LocalSet("lowpass", "environmental", data, {"each": 10}, lowpass=LOWPASS),
        LocalSet("detection", "detection", data, {"half": "report"}, ()),
        LocalSet("absent", "absent", data),
    ]


def local_runs(
    local: Local, show: Callable[[str], AbstractContextManager[Progress | None]] = lambda title: nullcontext()
) -> dict[str, Found]:
    """The run of each set by its key, or why it is left out; what is not measured yet is measured.

    Args:
        local: what is measured.
        show: gives the progress of a set by its name.

    Raises:
        UnweaveError: there is no index, nothing in it can be measured, or measuring goes wrong.
    """
    from unweave.pretrained.load import load_model

    sets = local_sets(local.data, local.stems)
    model = load_model(local.model, local.device)
    weights, found = model_fingerprint(model), dict[str, Found]()
    for one in sets:
        try:
            benchmark = one.build(local.limit)
        except UnweaveError as error:
            found[one.key] = str(error)
            continue
        found[one.key] = _unable(model, one, benchmark) or _run(local, one, benchmark, weights, show)
    if not any(isinstance(run, Run) for run in found.values()):
        raise UnweaveError(f"Nothing in {local.data} can be measured. {next(iter(found.values()))}")
    return found


def _run(
    local: Local,
    one: LocalSet,
    benchmark: Benchmark,
    weights: str,
    show: Callable[[str], AbstractContextManager[Progress | None]],
) -> Run:
    for about in sorted(local.results.rglob(ABOUT)):
        if (run := _covering(about.parent, one, benchmark, weights)) is not None:
            return run
    folder = local.results / LOCAL / (f"{one.key}-limit={local.limit}" if local.limit else one.key)
    ways = one.ways or None
    setup = Setup(local.model, benchmark, ways, local.batch, local.device, folder / "averages", references=(MIXTURE,))
    with show(one.key) as progress:
        evaluate(setup, folder, local.workers, progress)
    return Run(folder)


def _covering(folder: Path, one: LocalSet, benchmark: Benchmark, weights: str) -> Run | None:
    """The run of a folder if it is of the same weights and sounds, has what is needed, and is whole."""
    try:
        run = Run(folder)
        about = run.about
        wanted = (benchmark.name, benchmark.lowpass, benchmark.summary, len(benchmark.items))
        if tuple(about.get(key) for key in ("benchmark", "lowpass", "summary", "count")) != wanted:
            return None
        if about["model"].get("fingerprint") != weights or not set(one.systems) <= set(run.systems):
            return None
        return run if about.get("data") == data_fingerprint(benchmark) and not run.unfinished else None
    except UnweaveError:  # it is damaged, or nothing is done yet
        return None


def _unable(model: Model, one: LocalSet, benchmark: Benchmark) -> str:
    """Why the model cannot be asked, "" if it can."""
    from unweave.evaluation.asking import ways_of

    able: Sequence[str] = ways_of(model, Averages(model, benchmark))
    lacking = [way for way in one.ways if way not in able]
    return f"The model {model.name} cannot be asked by {lacking[0]!r} here." if lacking else ""
