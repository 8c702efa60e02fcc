"""AudioSet (Gemmeke et al., 2017) as it lies after download: about 2 million clips of 10 s, 527 classes.

The lists `balanced_train_segments.csv`, `unbalanced_train_segments.csv` and `eval_segments.csv` lie in the root or in
`metadata/`. The sounds lie anywhere below the root, as in `audios/balanced_train_segments/`,
`audios/unbalanced_train_segments/unbalanced_train_segments_part00/`, `audios/eval_segments/`, and are named after the
video: `Y<id>.wav` or `<id>.wav` or `<id>_<start>.wav`, with any ending of a sound file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unweave.data.collection import Collection
from unweave.data.datasets.audioset_clips import AudiosetClips
from unweave.data.datasets.audioset_files import list_files
from unweave.data.datasets.audioset_lists import Listed, read_lists
from unweave.data.datasets.base import NO_FILE, datasets, existing, nothing
from unweave.data.datasets.layout import has, recognised
from unweave.data.datasets.report import EACH, Report
from unweave.data.datasets.split import lot
from unweave.data.vocabulary import Vocabulary
from unweave.errors import UnweaveError

BALANCED, UNBALANCED, EVAL = (f"{name}_segments.csv" for name in ("balanced_train", "unbalanced_train", "eval"))
PLACES = ("", "metadata", "meta", "csv")
SUBSETS = {"balanced": (BALANCED,), "full": (BALANCED, UNBALANCED), "eval": ()}


def find_list(root: Path, name: str) -> Path | None:
    """The list called `name`, wherever it lies below `root`; None if there is none."""
    return next((root / place / name for place in PLACES if (root / place / name).is_file()), None)


@datasets.register("audioset")
@recognised(
    "audioset",
    f"the file {BALANCED}, there or in metadata/, or the folder balanced_train_segments, there or in audios/",
    has(
        *(f"{place}/{name}".lstrip("/") for place in PLACES for name in (BALANCED, UNBALANCED, EVAL)),
        *(f"{place}{name}_segments" for place in ("", "audios/") for name in ("balanced_train", "eval")),
    ),
)
def audioset(root: Path, subset: str = "full", valid_one_in: int = 0) -> Collection:
    """AudioSet: the training segments as "train", the evaluation segments as "test".

    A clip that several lists name counts once, and rather as one to test on.

    Args:
        root: holds the lists, there or in `metadata/`, and the sounds.
        subset: "balanced" (22 160 clips listed) or "full" (2 063 949) to learn from, or "eval": nothing to learn from.
        valid_one_in: which part of the training clips to validate on; 0 for none, as in the paper.

    Raises:
        UnweaveError: another subset, a list that is missing or cannot be read, or no sound at all.
    """
    if subset not in SUBSETS:
        raise UnweaveError(f"AudioSet has no subset {subset!r}; choose {' or '.join(SUBSETS)}.")
    if valid_one_in < 0 or valid_one_in == 1:
        raise UnweaveError(f"The option valid_one_in is {valid_one_in}; it must be 0 or at least 2.")
    root, report = existing(root), Report()
    tables = {name: find_list(root, name) for name in (EVAL, *SUBSETS[subset])}
    for name in SUBSETS[subset]:
        if tables[name] is None:
            hint = "; the other lists are enough for the subset balanced" if name == UNBALANCED else ""
            raise UnweaveError(f"There is no {name} in {root} or its folder metadata{hint}.")
    if tables[EVAL] is None and subset == "eval":
        raise UnweaveError(f"There is no {EVAL} in {root} or its folder metadata.")
    if tables[EVAL] is None:
        report.note(f"There is no {EVAL}, so there is nothing to test on.")
    listed = read_lists([path for path in tables.values() if path is not None], report)
    files = list_files(root)
    at = files.find(listed.ids)
    _say_missing(listed, at < 0, report)
    rows = np.flatnonzero(at >= 0)
    if not len(rows):
        raise UnweaveError(nothing("audioset", root, report))
    parts = np.where([name == EVAL for name in listed.lists], 2, 0).astype(np.uint8)[listed.of[rows]]
    if valid_one_in:
        lots = np.array([lot(ytid.decode()) for ytid in listed.ids[rows]])
        parts[(parts == 0) & (lots < 1 / valid_one_in)] = 1
    clips = AudiosetClips(root, files, at[rows], listed.select(rows), parts, Vocabulary.audioset())
    return Collection("audioset", clips.vocabulary, clips, report.sentences(), report.count)


def _say_missing(listed: Listed, missing: np.ndarray[tuple[int], np.dtype[np.bool_]], report: Report) -> None:
    for number, name in enumerate(listed.lists):
        rows = np.flatnonzero(missing & (listed.of == number))
        if len(rows):
            examples = [ytid.decode() for ytid in listed.ids[rows[:EACH]]]
            report.add_many(f"{NO_FILE} for this row of {name}", len(rows), examples)
