"""`unweave report`: tables and figures of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unweave.cli.console import progress_bar, warn
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.evaluation.runs import Run
    from unweave.evaluation.table import Table

report = typer.Typer(add_completion=False, rich_markup_mode=None)
PICTURES = ("png", "pdf", "svg")


@report.command()
def run(
    runs: Annotated[
        list[Path] | None, typer.Argument(metavar="RUN...", help="Folders of runs, or a folder of several.")
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="markdown|latex|csv", help="Of the tables.")] = "markdown",
    table: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Only this table of the paper, 2 to 10.", show_default=False),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Draw figures into this folder.", show_default=False)
    ] = None,
    picture: Annotated[str, typer.Option(metavar="png|pdf|svg", help="What figures are drawn as.")] = "png",
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(metavar="A B", help="Two runs, item by item.", show_default=False)
    ] = None,
    clip: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A sound, for Figs. 2, 4 and 6.", show_default=False)
    ] = None,
    class_: Annotated[
        str | None,
        typer.Option("--class", metavar="NAME", help="Whose anchor is looked for in the sound.", show_default=False),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|PATH", help="For --clip: another model than the one in the box.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda|mps", help="For --clip.")] = "auto",
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> int:
    """Print the paper's tables with your rows in them, and draw its figures.

    Everything is read from what unweave evaluate wrote; nothing is separated again. A model that is called as a recipe
    of the paper (table2-cnn14) stands below the paper's row, any other one in a table of its own.
    """
    from unweave.evaluation.table import FORMATS

    if form not in FORMATS:
        raise UnweaveError(f"--format is {form!r}; it must be {', '.join(FORMATS)}.")
    if picture not in PICTURES:
        raise UnweaveError(f"--picture is {picture!r}; it must be {', '.join(PICTURES)}.")
    if not runs and not table and compare is None and clip is None:
        raise UnweaveError("Give the folder of a run; unweave evaluate writes it. Or a sound with --clip.")
    if clip is not None and (class_ is None or figures is None):
        raise UnweaveError("--clip FILE also needs --class NAME, whose anchor is marked, and --figures DIR.")
    if clip is None and (class_ is not None or model is not None):
        raise UnweaveError("--class and --model say how a sound is drawn; give it with --clip FILE.")

    from unweave.evaluation.runs import find_runs

    found = find_runs(runs or [])
    pairs = _pairs(*compare) if compare is not None else []
    tables = _tables(found, pairs, table or [])
    if tables:
        print(FORMATS[form](tables), end="")
    if figures is None:
        return 0
    _draw(found, pairs, figures, picture)
    if clip is not None and class_ is not None:
        _draw_clip(clip, class_, model, device, figures, picture, quiet)
    return 0


def _tables(runs: Sequence[Run], pairs: Sequence[tuple[Run, Run]], numbers: Sequence[int]) -> list[Table]:
    """Only those asked for by number; else all that the runs have something for, the general ones last."""
    from unweave.evaluation.comparing import comparison, comparisons
    from unweave.evaluation.detection.table import detection_table
    from unweave.evaluation.tables import other_models, paper_tables, run_table
    from unweave.evaluation.tracks.table import of_tracks, tracks_table

    compared = [comparison(pair) for pair in pairs]
    if numbers:
        return [*paper_tables(runs, numbers), *compared]
    others = other_models(runs)
    return [
        *paper_tables(runs),
        *([others] if others else []),
        *compared,
        *comparisons(runs),
        *(
            run_table(one) if one.separates else tracks_table(one) if of_tracks(one) else detection_table(one)
            for one in runs
        ),
    ]


def _pairs(first: Path, second: Path) -> list[tuple[Run, Run]]:
    """The runs of both folders that are of one benchmark."""
    from unweave.evaluation.runs import find_runs

    mine, theirs = (find_runs([path]) for path in (first, second))
    pairs = [(one, two) for one in mine for two in theirs if one.title == two.title]
    if not pairs:
        here, there = (", ".join(dict.fromkeys(run.title for run in runs)) for runs in (mine, theirs))
        raise UnweaveError(f"{first} is of {here} and {second} of {there}; only runs of one benchmark can be compared.")
    return pairs


def _draw(runs: Sequence[Run], pairs: Sequence[tuple[Run, Run]], folder: Path, picture: str) -> None:
    from unweave.evaluation.comparing import names
    from unweave.evaluation.figures.fig7 import draw_figure7
    from unweave.evaluation.figures.scatter import draw_scatter
    from unweave.evaluation.figures.threshold_curve import draw_threshold_curve
    from unweave.evaluation.rows import read_rows
    from unweave.evaluation.tracks.table import of_tracks

    for one, name in zip(runs, names(runs), strict=True):
        if one.separates:
            _tell(draw_figure7(one, folder / _file("figure-7", name, one.title, picture)))
        elif not of_tracks(one):
            path = folder / _file("thresholds", name, one.title, picture)
            draw_threshold_curve(path, read_rows(one.folder, whole=False), f"{name} on {one.title}")
            _tell(path)
    for pair in pairs:
        words = " against ".join(names(pair))
        _tell(draw_scatter(*pair, folder / _file("scatter", words, pair[0].title, picture)))
        both = " and ".join(names(pair))
        _tell(draw_figure7(pair[0], folder / _file("figure-7", both, pair[0].title, picture), beside=pair[1]))


def _draw_clip(clip: Path, name: str, model: str | None, device: str, folder: Path, picture: str, quiet: bool) -> None:
    from unweave.cli.inputs import check_inputs

    check_inputs([clip])
    from unweave.evaluation.figures.clip import hear_clip
    from unweave.evaluation.figures.fig2 import draw_figure2
    from unweave.evaluation.figures.fig4 import draw_figure4
    from unweave.evaluation.figures.fig6 import draw_figure6
    from unweave.pretrained.load import load_model

    loaded = load_model(model, device)
    heard = hear_clip(loaded, clip, name)
    _tell(draw_figure2(heard, folder / f"figure-2.{picture}"))
    _tell(draw_figure4(heard, folder / f"figure-4.{picture}"))
    with progress_bar(clip.name, quiet) as progress:
        drawn = draw_figure6(loaded, clip, folder / f"figure-6.{picture}", progress)
    _tell(drawn)


def _file(kind: str, model: str, benchmark: str, picture: str) -> str:
    from unweave.ontology.filenames import safe_name

    return f"{safe_name(f'{kind} {benchmark} {model}').replace(' ', '-')}.{picture}"


def _tell(path: Path) -> None:
    warn(f"drew {path}")
