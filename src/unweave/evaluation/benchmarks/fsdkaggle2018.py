"""FSDKaggle2018 (Section 4.4.2 of the paper): 100 pairs for each of 41 classes, one tag a clip."""

from __future__ import annotations

from pathlib import Path

from unweave.data.datasets import datasets
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import first_seconds, place


@benchmarks.register("fsdkaggle2018")
def fsdkaggle2018(root: Path, each: int = 100, seed: int = 0) -> Benchmark:
    """The first 2 s of each test clip, mixed with those of a clip of another class at equal energy; 4 100 pairs.

    Labels are the data set's 41 tags. The paper's code repeats a clip that is shorter than 2 s; the paper pads it, as
    is done here.

    Args:
        root: of the data set, with its test tags (the layout of Zenodo).
        each: pairs of each class.
        seed: of the drawing.

    Raises:
        UnweaveError: no such folder, a table that is missing, or no clip to test on.
    """
    root = place(root)
    collection = datasets.build("fsdkaggle2018", root=root, valid_one_in=0)
    mids = {clip.label: collection.vocabulary.mids[clip.classes[0]] for clip in collection.clips if clip.classes}
    return first_seconds("fsdkaggle2018", root, collection, lambda clip: (clip.label,), mids, each, seed, expected=4100)
