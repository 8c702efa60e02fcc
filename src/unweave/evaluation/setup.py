"""What is measured, on what and how; and what is built for it, in this process or another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Item, Scene
from unweave.evaluation.measurer import Measurer
from unweave.model import Model
from unweave.pretrained.describe import DESCRIPTION, quantised_files

Chunk = Sequence[Item | Scene]


@dataclass(frozen=True)
class Setup:
    """What is measured and how; plain data, so that other processes can be told.

    Attributes:
        model: name or path, as for `unweave.load_model`.
        benchmark: what it is measured on.
        ways: how it is asked (see `unweave.evaluation.asking`); None for all ways that it can answer.
        batch: rows that the networks work on at once.
        device: "auto", "cpu", "cuda" or "mps".
        averages: folder for conditions from examples.
        threads: of each process; None leaves them as they are.
        references: systems beside the model that are measured (see `unweave.evaluation.separation`); None for all.
        precision: "float32", "bfloat16" or "float16", as for `unweave.load_model`; conditions from examples are taken
            in float32.
    """

    model: str
    benchmark: Benchmark
    ways: tuple[str, ...] | None = None
    batch: int = 8
    device: str = "auto"
    averages: Path | None = None
    threads: int | None = None
    references: tuple[str, ...] | None = None
    precision: str = "float32"


def build(setup: Setup) -> tuple[Model, Measurer]:
    """The model of a setup and what measures it."""
    from unweave.pretrained.load import load_model

    model = load_model(setup.model, setup.device, backend=backend_of(setup), precision=setup.precision)
    if isinstance(setup.benchmark.items[0], Scene):
        from unweave.evaluation.detection.measurer import DetectionMeasurer

        return model, DetectionMeasurer(model, setup.benchmark, batch=setup.batch)
    from unweave.evaluation.asking import Asker
    from unweave.evaluation.averages import Averages
    from unweave.evaluation.separation import SeparationMeasurer

    averages = Averages(model, setup.benchmark, setup.averages, setup.batch)
    asker = Asker(model, averages, setup.ways)
    return model, SeparationMeasurer(model, setup.benchmark, asker, setup.batch, setup.references)


def backend_of(setup: Setup) -> str:
    """What runs the networks: PyTorch; a quantised model on a CPU is measured in the 8 bits that people hear.

    An engine rounds in its own way from when it takes over on, and a run that goes on must give the rows of one that
    did not stop; networks in 8 bits are run by theirs from the first segment on.
    """
    folder = Path(setup.model)
    described = (folder / DESCRIPTION).is_file()
    return "openvino" if described and setup.device in ("auto", "cpu") and quantised_files(folder) else "eager"
