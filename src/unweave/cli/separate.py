"""`unweave separate`: recordings in, folders of tracks out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unweave.cli.asking import with_ways
from unweave.cli.console import if_heard, print_table, progress_bar, seconds, warn
from unweave.cli.inputs import readable, writable
from unweave.cli.options import Precision
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.inference.report import Report
    from unweave.inference.wish import Asked

separate = typer.Typer(add_completion=False, rich_markup_mode=None)


@separate.command()
@with_ways
def run(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", help="Recordings or videos.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where the folders of tracks go.")] = Path(
        "separated"
    ),
    *,
    asked: dict[str, Any],
    model: Annotated[
        str | None, typer.Option(metavar="NAME|PATH", help="Another model than the one in the box.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="P", help="Probability from which something sounds, 0 to 1.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda|mps", help="Where the networks run.")] = "auto",
    backend: Annotated[
        str, typer.Option(metavar="auto|eager|openvino|onnx", help="What runs the separator on a CPU.")
    ] = "auto",
    format: Annotated[str, typer.Option(metavar="wav|flac|ogg", help="Of the tracks.")] = "wav",
    subtype: Annotated[
        str | None,
        typer.Option(
            metavar="PCM_16|PCM_24|FLOAT", help="Of the samples; FLOAT for recordings in floating point, else PCM_24."
        ),
    ] = None,
    max_tracks: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many tracks of each level; the rest is in the residual.")
    ] = None,
    no_residual: Annotated[bool, typer.Option("--no-residual", help="Do not write what is left.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the folders of an earlier run.")] = False,
    published: Annotated[
        bool, typer.Option("--published", help="Cut, gate and group as the published code does.")
    ] = False,
    precision: Precision = "float32",
    batch: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rows that are held for the networks at once; by default as suits the device."),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> int:
    """Take recordings apart into tracks.

    With nothing asked for, levels 1, 2 and 3 are separated. Options that take several values are
    repeated: --class Dog --class Speech.
    """
    from unweave.asking import asked as understood
    from unweave.inference.options import Options, Output

    options = Options(understood(asked), threshold, not no_residual, max_tracks, batch)
    Output.of(format, subtype, overwrite)
    if model is None or not Path(model).exists():  # a model of one's own may have classes of its own
        _check_names(options.asked)
    wanted = writable(readable(inputs), out, overwrite)

    from unweave.allocator import keep_memory
    from unweave.pretrained.load import load_model

    keep_memory()
    loaded = load_model(model, device, backend=backend, precision=precision, say=warn)
    loaded = loaded.published() if published else loaded
    failed = len(set(inputs)) - len(wanted)
    for path, name in wanted:
        try:
            with progress_bar(path.name, quiet) as progress:
                report = loaded.separate_file(
                    path,
                    out,
                    **asked,
                    threshold=threshold,
                    residual=not no_residual,
                    max_tracks=max_tracks,
                    batch=batch,
                    format=format,
                    subtype=subtype,
                    overwrite=overwrite,
                    name=name,
                    progress=progress,
                )
        except UnweaveError as error:
            if len(wanted) == 1 and not failed:
                raise
            warn(str(error))
            failed += 1
            continue
        for sentence in report.warnings:
            warn(sentence)
        failed += not if_heard(lambda report=report: _print_report(report))  # type: ignore[misc]
    return 2 if failed else 0


def _check_names(asked: Asked) -> None:
    from unweave.ontology import Ontology

    ontology = Ontology()
    for wish in asked.wishes:
        wish.check_names(ontology)


def _print_report(report: Report) -> None:
    rows = [
        (
            track.file,
            "" if track.probability is None else f"{track.probability:.2f}",
            "silent" if track.energy_db is None else f"{track.energy_db:.1f} dB",
            ", ".join(f"{seconds(event.start)}-{seconds(event.end)}" for event in track.events[:4])
            + (f" and {len(track.events) - 4} more" if len(track.events) > 4 else ""),
        )
        for track in report.tracks
    ]
    print_table(("track", "probability", "energy", "when, in s"), rows)
    print(report.folder)
