"""The pre-made evaluation folders of the paper's code (github.com/bytedance/uss): mixtures and sources as wav."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from unweave.data.datasets.base import NO_FILE
from unweave.data.datasets.fsdkaggle2018 import AUDIOSET as KAGGLE
from unweave.data.datasets.report import Report
from unweave.data.vocabulary import audioset_class
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark, Unit, benchmarks
from unweave.evaluation.benchmarks.clips import EXAMPLES, below, place
from unweave.evaluation.benchmarks.pairs import drawn
from unweave.evaluation.items import Item, Piece
from unweave.ontology import Ontology
from unweave.ontology.lookup import plain

TEST, TRAIN = "2s_segments_balanced_test", "2s_segments_balanced_train"
# A label may hold "=", "," and "/": what comes again behind the folder is the label.
NAME = re.compile(r"^(?P<key>label|class_id)=(?P<label>.+)/(?P=key)=(?P=label),index=(?P<index>\d+),$", re.S)


class Count(NamedTuple):
    """What the paper has of a set, and the paper's code where that is another number."""

    unit: Unit
    paper: int
    code: int | None = None


SETS = {
    "audioset": Count("pairs", 52700),
    "fsdkaggle2018": Count("pairs", 4100),
    "fsd50k": Count("pairs", 19500),
    "slakh2100": Count("plug-ins", 151, 148),
}


@benchmarks.register("published")
def published(root: Path, of: str | None = None) -> Benchmark:
    """Mixtures of 2 s that the authors published: `label=NAME/label=NAME,index=000,mixture.wav` and `...,source.wav`.

    AudioSet's folders are called `class_id=NUMBER` instead. A label is asked for by the class that it names, if
    AudioSet has one.

    Args:
        root: the folder of the label folders; or the one that holds `2s_segments_balanced_test`, then there are
            examples too, out of `2s_segments_balanced_train`.
        of: which set it is (audioset, fsdkaggle2018, fsd50k, slakh2100), for its count in the paper.

    Raises:
        UnweaveError: no such folder, no such set, or no mixture in it.
    """
    if of is not None and of not in SETS:
        raise UnweaveError(f"There is no published set {of!r}; choose {', '.join(SETS)}.")
    root, report = place(root), Report()
    inside = root / TEST if (root / TEST).is_dir() else root
    items, names = [], {name for name, _, _ in _find(inside, "source")}
    for name, label, index in _find(inside, "mixture"):
        if name not in names:
            report.add(NO_FILE, f"{name}source.wav")
            continue
        path = below(root, inside / name) if name else ""
        items.append(
            Item(
                id=f"{label}/{index}",
                label=label,
                target=(Piece(f"{path}source.wav"),),
                mixture=Piece(f"{path}mixture.wav"),
                classes=_classes(label),
                snr=None,
            )
        )
    learnt: dict[str, list[str]] = {item.label: [] for item in items}
    for name, label, _ in _find(root / TRAIN, "source"):
        if label in learnt:
            learnt[label].append(f"{TRAIN}/{name}source.wav")
    count = SETS[of] if of else None
    return Benchmark(
        name="published",
        root=root,
        items=items,
        examples={
            label: [Piece(name) for name in drawn(found, EXAMPLES, "example", label)]
            for label, found in learnt.items()
            if found
        },
        unit=count.unit if count else "pairs",
        expected=count.paper if count else None,
        expected_by_code=count.code if count else None,
        missing=tuple(report.sentences()),
        options={"of": of},
    )


def _find(folder: Path, what: str) -> list[tuple[str, str, str]]:
    """For each file its path without its ending, its label and its index, sorted by these."""
    found = []
    for path in folder.rglob(f"*,{what}.wav"):
        name = below(folder, path).removesuffix(f"{what}.wav")
        match = NAME.match(name)
        if match:
            label = match["label"]
            found.append((name, label if match["key"] == "label" else _audioset_name(label), match["index"]))
    return sorted(found, key=lambda one: (one[1], int(one[2]), one[0]))


def _audioset_name(number: str) -> str:
    labels = Ontology().labels
    return labels[int(number)].name if number.isdecimal() and int(number) < len(labels) else number


def _classes(label: str) -> tuple[str, ...]:
    """The AudioSet class that a label names; FSD50K writes "_and_" where AudioSet has a comma."""
    number = audioset_class(KAGGLE.get(label, label))
    if number is None:
        bare = _bare(label)
        number = next((one.index for one in Ontology().labels if _bare(one.name) == bare), None)
    return () if number is None else (Ontology().labels[number].mid,)


def _bare(name: str) -> str:
    return " ".join(word for word in plain(name).split() if word != "and")
