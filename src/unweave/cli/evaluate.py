"""`unweave evaluate`: how good a model is, on benchmarks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unweave.cli.console import print_table, progress_bar, warn
from unweave.cli.options import Precision
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.evaluation.benchmarks import Benchmark

evaluate = typer.Typer(add_completion=False, rich_markup_mode=None)
FOLDER = Path("evaluation")  # of benchmarks that were prepared
EVERY = 30.0  # s between lines where there is no terminal
LOCAL = "local"  # no benchmark, but all that a folder of held-out sounds gives
LOCAL_OPTIONS = {"stems": "FOLDER", "mends": "FILE", "demo": "FOLDER", "only": "SET,SET"}


@evaluate.command()
def run(
    benchmarks: Annotated[
        list[str],
        typer.Argument(
            metavar="BENCHMARK", help="A prepared folder, NAME=PLACE of its data, or local=DATA.", show_default=False
        ),
    ],
    model: Annotated[
        str, typer.Option(metavar="NAME|PATH", help="The model; the one in the box if it is not given.")
    ] = "small",
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="DIR", help="Where results go, a folder for each model and benchmark."),
    ] = Path("results"),
    ask: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WAY", help="oracle, average, example, soft or onehot; all if it is not given. Or weighted."
        ),
    ] = None,
    lowpass: Annotated[
        float | None, typer.Option(metavar="HZ", min=1, help="Take everything above out of target and mixture.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Only so many items, evenly from all of them.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Of a benchmark that is given as NAME=PLACE.", show_default=False),
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", min=0, help="Processes that measure; 0 for this one.")] = 0,
    batch: Annotated[int, typer.Option(metavar="N", min=1, help="Rows that the networks work on at once.")] = 8,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda|mps", help="Where the networks run.")] = "auto",
    precision: Precision = "float32",
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> int:
    """Measure a model on benchmarks; the same command goes on where it was stopped.

    unweave evaluate esc50=DATA measures the model in the box on ESC-50. Every item's figures are in rows.csv;
    unweave report makes tables and figures of them. unweave evaluate local=DATA prints one compact table of all that
    is held out in a folder with an index.csv; --option stems=FOLDER adds stems of songs, and --option
    only=scenes,never-worse measures these sets alone.
    """
    from unweave.allocator import keep_memory
    from unweave.evaluation.benchmarks.base import limited
    from unweave.evaluation.glance import glance_table
    from unweave.evaluation.local import Local, local_runs
    from unweave.evaluation.run import evaluate as measure
    from unweave.evaluation.setup import Setup

    keep_memory()
    for word in benchmarks:
        if (data := _local_data(word)) is not None:
            if ask or lowpass or precision != "float32":
                raise UnweaveError(
                    "local=DATA says itself what is asked, low-passed and how it is computed; give no --ask, --lowpass "
                    "or --precision."
                )
            wanted = Local(
                data,
                out / _name(model),
                model,
                limit=limit,
                workers=workers,
                batch=batch,
                device=device,
                **_local_options(option or []),
            )
            runs = local_runs(wanted, lambda title: _progress(title, quiet))
            table = glance_table(_name(model), runs)
            print_table(table.header, table.rows, table.title, named=True)
            for note in (*table.notes, f"rows and summaries are below {wanted.results}"):
                warn(note)
            continue
        chosen = limited(find_benchmark(word, option or []), lowpass, limit)
        folder = out / _name(model) / _folder_name(word, chosen, option or [], limit)
        setup = Setup(
            model, chosen, tuple(ask) if ask else None, batch, device, folder / "averages", precision=precision
        )
        with _progress(chosen.name, quiet) as show:
            summary = measure(setup, folder, workers, show)
        _print(summary, chosen, folder)
    return 0


def find_benchmark(word: str, options: Sequence[str] = ()) -> Benchmark:
    """The benchmark that the command line names.

    Args:
        word: a prepared folder, the name of one in `evaluation/`, or NAME=PLACE.
        options: of NAME=PLACE, each KEY=VALUE, the value in YAML.

    Raises:
        UnweaveError: there is none.
    """
    from unweave.cli.prepare import read_options
    from unweave.evaluation.benchmarks import benchmarks as known
    from unweave.evaluation.benchmarks.prepared import open_benchmark

    name, sign, place = word.partition("=")
    if sign and not Path(word).exists():
        return known.build(name, root=Path(place), **read_options(options))
    if options:
        raise UnweaveError("--option is for benchmarks given as NAME=PLACE; a prepared one has its options already.")
    for folder in (Path(word), FOLDER / word):
        if (folder / "benchmark.json").is_file():
            return open_benchmark(folder)
    if word == LOCAL:
        raise UnweaveError("Say where the sounds lie, local=FOLDER, a folder with an index.csv (docs/data.md).")
    if word in known.names():
        raise UnweaveError(
            f"Say where the data of {word} lies, {word}=FOLDER, or prepare it once: "
            f"unweave prepare {word} FOLDER --evaluation."
        )
    raise UnweaveError(f"There is no benchmark {word!r}, prepared or known; known are {', '.join(known.names())}.")


def _local_data(word: str) -> Path | None:
    """DATA of local=DATA; None for all other words."""
    name, sign, place = word.partition("=")
    return Path(place) if name == LOCAL and sign and not Path(word).exists() else None


def _local_options(options: Sequence[str]) -> dict[str, Any]:
    """The options of local=DATA: folders and files by their names, and the sets that are wanted."""
    from unweave.cli.prepare import read_options

    given = read_options(options)
    strange = next((key for key in given if key not in LOCAL_OPTIONS), None)
    if strange is not None:
        known = ", ".join(f"{key}={what}" for key, what in LOCAL_OPTIONS.items())
        raise UnweaveError(f"local=DATA has the options {known}, and none called {strange!r}.")
    only = given.pop("only", ())
    wanted = only.split(",") if isinstance(only, str) else list(only)
    return {**{key: Path(str(place)) for key, place in given.items()}, "only": tuple(key.strip() for key in wanted)}


def _name(model: str) -> str:
    """What the folder of a model's results is called."""
    path = Path(model)
    if not path.exists():
        return path.name
    return path.parent.name if path.name == "model" else path.stem


def _folder_name(word: str, benchmark: Benchmark, options: Sequence[str], limit: int | None) -> str:
    """The benchmark's name with all that makes it another one than usual."""
    prepared = "=" not in word and (Path(word) / "benchmark.json").is_file()
    marks = [option if len(option) < 40 else Path(option).name for option in options]
    marks += [f"lowpass={benchmark.lowpass:g}"] if benchmark.lowpass else []
    marks += [f"limit={limit}"] if limit else []
    return "-".join([Path(word).name if prepared else benchmark.name, *(mark.replace("/", "_") for mark in marks)])


@contextmanager
def _progress(title: str, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal, a line now and then elsewhere."""
    last = time.monotonic()
    with progress_bar(title, quiet) as bar:

        def show(done: int, total: int) -> None:
            nonlocal last
            if bar is not None:
                bar(done, total, "Measuring")
            elif done == total or time.monotonic() - last >= EVERY:
                last = time.monotonic()
                print(f"{title}: {done} of {total}", file=sys.stderr, flush=True)

        yield None if quiet else show


def _print(summary: dict[str, Any], benchmark: Benchmark, folder: Path) -> None:
    figures = summary["figures"]["all"]
    columns = list(next(iter(figures.values())))
    rows = [
        (system, *(_cell(values[column]) for column in columns), str(max(one["items"] for one in values.values())))
        for system, values in figures.items()
    ]
    print_table(("system", *columns, "items"), rows, f"{benchmark.name}: {benchmark.count_note()}", named=True)
    warn(f"rows and summary are in {folder}")


def _cell(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "-"
    return f"{figure['value']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"
