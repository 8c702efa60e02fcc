"""FSD50K (Section 4.4.3 of the paper): 100 pairs for each of 195 classes, several tags a clip."""

from __future__ import annotations

from pathlib import Path

from unweave.data.datasets import datasets
from unweave.data.datasets.csvs import read_rows
from unweave.data.datasets.fsd50k import EVAL
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import first_seconds, place
from unweave.ontology import Ontology


@benchmarks.register("fsd50k")
def fsd50k(root: Path, each: int = 100, seed: int = 0) -> Benchmark:
    """The first 2 s of each evaluation clip, mixed with those of a clip that shares no tag with it; 19 500 pairs.

    A clip is tagged with its classes and all that stand above them, the finest first. It is a target for the first
    alone: all 200 classes have clips in the evaluation part, but only 195 are the first tag of one, and these are the
    195 of the paper and its code. The paper's code compares first tags only, so that a pair may share a class there
    (Guitar against Electric guitar); here two clips that share any tag are not mixed.

    Args:
        root: of the data set.
        each: pairs of each class.
        seed: of the drawing.

    Raises:
        UnweaveError: no such folder, a table that is missing, or no clip to test on.
    """
    root = place(root)
    collection = datasets.build("fsd50k", root=root)
    return first_seconds(
        "fsd50k", root, collection, lambda clip: clip.label.split(";"), _mids(root), each, seed, expected=19500
    )


def _mids(root: Path) -> dict[str, str]:
    """The mid of each tag, where the ontology knows it; some are nodes above AudioSet's 527 classes."""
    if not (root / EVAL).is_file():
        return {}
    known = {node.mid for node in Ontology().nodes}
    mids: dict[str, str] = {}
    for row in read_rows(root / EVAL, ("labels", "mids")):
        mids |= dict(zip(row["labels"].split(","), row["mids"].split(","), strict=False))
    return {label: mid for label, mid in mids.items() if mid in known}
