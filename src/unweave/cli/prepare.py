"""`unweave prepare`: tagged sounds in, a store to train on out; or a data set in, the items of its benchmark out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unweave.cli.console import print_table, progress_bar, warn
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.data.collection import Collection
    from unweave.data.store import Summary

prepare = typer.Typer(add_completion=False, rich_markup_mode=None)
MOST_WORKERS = 8
SHOWN = 10  # sentences about skipped clips


@prepare.command()
def run(
    dataset: Annotated[
        str,
        typer.Argument(metavar="DATASET|FOLDER", help="A data set's name, or just its folder.", show_default=False),
    ],
    root: Annotated[
        Path | None, typer.Argument(metavar="[ROOT]", help="Where the data set lies.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="STORE",
            help="Folder of the store, store if not given; one that is there grows. With --evaluation: of the "
            "benchmark, evaluation/DATASET if not given.",
            show_default=False,
        ),
    ] = None,
    sample_rate: Annotated[
        int | None, typer.Option(metavar="HZ", min=1, help="Of the store; 32000 if it is a new one.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Processes that decode; as many as cores, 8 at most.")
    ] = None,
    labels: Annotated[
        str, typer.Option(metavar="auto|audioset|own", help="Which classes the tags are; auto: AudioSet's if they fit.")
    ] = "auto",
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Of the data set, such as subset=balanced.", show_default=False),
    ] = None,
    evaluation: Annotated[
        bool, typer.Option("--evaluation", help="List the items of the benchmark DATASET, in ROOT, to measure on.")
    ] = False,
    shard_clips: Annotated[int, typer.Option(metavar="N", min=1, help="Clips of a file of the store.")] = 1024,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> int:
    """Make a store to train on of tagged sounds, or add them to one.

    unweave prepare my_sounds/ -o store takes a folder with a folder of sounds for each class; data sets that are known
    by their layout are found by themselves. Clips that are in the store already are left alone, so the same command
    goes on where it was stopped.

    unweave prepare fsd50k FSD50K/ --evaluation lists what unweave evaluate fsd50k mixes and measures; no sound is
    copied.
    """
    if evaluation:
        return prepare_benchmark(dataset, root, out, option or [], quiet)
    out = out or Path("store")
    from unweave.data.store import append

    collection = collect(dataset, root, labels, option or [])
    count = len(collection.clips)
    processes = min(os.cpu_count() or 1, MOST_WORKERS) if workers is None else workers
    if workers is None and count < 100:  # done before other processes have started
        processes = 0
    with progress_bar(collection.name, quiet) as show:

        def told(done: int, total: int) -> None:
            if show:
                show(done, total, "Preparing")

        summary = append(
            collection, out, sample_rate=sample_rate, workers=processes, shard_clips=shard_clips, progress=told
        )
    for sentence in summary.skipped[:SHOWN]:
        warn(sentence)
    if len(summary.skipped) > SHOWN:
        warn(f"{len(summary.skipped) - SHOWN} more are in {out / 'skipped.jsonl'}.")
    print_summary(summary, out)
    return 0 if summary.clips else 2


def prepare_benchmark(name: str, root: Path | None, out: Path | None, changes: Sequence[str], quiet: bool) -> int:
    """List the items of a benchmark into a folder.

    Args:
        name: of the benchmark.
        root: where its data lies.
        out: the folder; None for `evaluation/NAME`.
        changes: options of the benchmark, "key=value", the value in YAML.
        quiet: no progress.

    Raises:
        UnweaveError: an unknown benchmark, data that is not there, or a folder that is.
    """
    import inspect

    from unweave.evaluation.benchmarks import benchmarks
    from unweave.evaluation.benchmarks.prepared import save_benchmark

    if root is None:
        raise UnweaveError(f"Say where the data of {name} lies: unweave prepare {name} FOLDER --evaluation.")
    options = read_options(changes)
    with progress_bar(name, quiet) as show:
        if show and name in benchmarks.names() and "progress" in inspect.signature(benchmarks.builder(name)).parameters:
            options["progress"] = lambda done, total: show(done, total, "Preparing")
        benchmark = benchmarks.build(name, root=root, **options)
    folder = out or Path("evaluation") / name
    save_benchmark(benchmark, folder)
    for sentence in benchmark.missing[:SHOWN]:
        warn(sentence)
    labels = len({item.label for item in benchmark.items})
    examples = sum(len(pieces) for pieces in benchmark.examples.values())
    rows = [("items", benchmark.count_note()), ("labels", str(labels)), ("examples", str(examples))]
    print_table(("what", str(folder)), rows)
    return 0


def read_options(changes: Sequence[str]) -> dict[str, Any]:
    """Options as the command line gives them, "key=value", the values in YAML.

    Raises:
        UnweaveError: one without a "=".
    """
    import yaml

    options: dict[str, Any] = {}
    for change in changes:
        key, sign, value = change.partition("=")
        if not sign:
            raise UnweaveError(f"--option {change!r} sets nothing; write KEY=VALUE.")
        options[key] = yaml.safe_load(value)
    return options


def collect(dataset: str, root: Path | None, labels: str, changes: Sequence[str] = ()) -> Collection:
    """The collection that the command names.

    Args:
        dataset: name of a data set, or its folder if there is no `root`.
        root: where the data set lies.
        labels: auto, audioset or own.
        changes: options of the data set, "key=value", the value in YAML.

    Raises:
        UnweaveError: an unknown data set, or none in that place.
    """
    from unweave.data import datasets

    if labels not in ("auto", "audioset", "own"):
        raise UnweaveError(f"--labels is {labels!r}; it must be auto, audioset or own.")
    if root is None:
        if not Path(dataset).exists() and dataset in datasets.datasets.names():
            raise UnweaveError(f"Say where {dataset} lies: unweave prepare {dataset} FOLDER -o STORE.")
        dataset, root = datasets.guess(Path(dataset)), Path(dataset)
    options = ({} if labels == "auto" else {"labels": labels}) | read_options(changes)
    return datasets.datasets.build(dataset, root=root, **options)


def print_summary(summary: Summary, out: Path) -> None:
    """The table of what a store holds now."""
    present = sum(1 for count in summary.counts.values() if count)
    rows = [
        ("clips", str(summary.clips)),
        ("of them new", str(summary.added)),
        ("there before", str(summary.already)),
        ("hours", f"{summary.hours:.2f}"),
        ("classes", f"{present} of {len(summary.counts)}"),
        ("rarest", ", ".join(f"{name} {count}" for name, count in summary.rarest())),
        ("skipped", str(summary.left_out)),
    ]
    print_table(("what", str(out)), rows)
