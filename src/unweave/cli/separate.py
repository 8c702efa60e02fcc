"""`unweave separate`: recordings in, folders of tracks out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unweave.cli.asking import with_ways
from unweave.cli.changing import tell_remix, tracks_too
from unweave.cli.console import if_heard, print_json, progress_bar, seconds, warn
from unweave.cli.inputs import check_here, readable, writable
from unweave.cli.many import Many
from unweave.cli.options import (
    Backend,
    Cluster,
    Device,
    From,
    Manifest,
    Named,
    Overview,
    Precision,
    Retry,
    Shards,
    Stream,
    Threshold,
    To,
    Workers,
)
from unweave.cli.standard import STANDARD, check_one, folder_for, send
from unweave.cli.tracks import track_lines
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.inference.report import Report
    from unweave.inference.wish import Wish

separate = typer.Typer(add_completion=False, rich_markup_mode=None)


@separate.command()
@with_ways
def run(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Recordings or videos; - is standard input. With --manifest also folders, patterns and lists.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str, typer.Option("-o", "--out", metavar="DIR", help="Where results go; - is standard output, for one track.")
    ] = "separated",
    *,
    asked: dict[str, Any],
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="WHAT", help="One file instead of tracks: the recording without it. A video for a video."),
    ] = None,
    keep: Annotated[list[str] | None, typer.Option(metavar="WHAT", help="The same: with nothing but it.")] = None,
    gain: Annotated[
        list[str] | None, typer.Option(metavar="WHAT=DB", help='The same: with it louder or softer, "Dog=-12".')
    ] = None,
    start: From = None,
    end: To = None,
    model: Named = None,
    threshold: Threshold = None,
    device: Device = "auto",
    backend: Backend = "auto",
    format: Annotated[
        str | None,
        typer.Option(metavar="wav|flac|ogg|mp3|m4a|opus", help="Of what is written; wav.", show_default=False),
    ] = None,
    subtype: Annotated[
        str | None,
        typer.Option(
            metavar="PCM_16|PCM_24|FLOAT", help="Of the samples; FLOAT for recordings in floating point, else PCM_24."
        ),
    ] = None,
    max_tracks: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many tracks of each level; the rest is in the residual.")
    ] = None,
    one_file: Annotated[
        bool, typer.Option("--one-file", help="All tracks in one wav of many channels, tracks.wav.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what tracks.json holds, a line for each input.")] = False,
    strength: Annotated[
        float, typer.Option(metavar="S", help="1 takes apart, 0 leaves the recording as it is, between is a blend.")
    ] = 1.0,
    quality: Annotated[
        str, typer.Option(metavar="fast|high", help="high: several answers joined to one, 3.3 times the work.")
    ] = "fast",
    no_residual: Annotated[bool, typer.Option("--no-residual", help="Do not write what is left.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the folders of an earlier run.")] = False,
    stream: Stream = None,
    published: Annotated[
        bool, typer.Option("--published", help="Cut, gate and group as the published code does.")
    ] = False,
    precision: Precision = "float32",
    batch: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rows that are held for the networks at once; by default as suits the device."),
    ] = None,
    overview: Overview = None,
    manifest: Manifest = False,
    shard: Shards = None,
    cluster: Cluster = None,
    workers: Workers = None,
    retry_failed: Retry = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> int:
    """Take recordings apart into tracks.

    With nothing asked for, every sound gets one track, as finely named as the model is sure. Options that
    take several values are repeated: --class Dog --class Speech. A WHAT is a class, a stretch of time or an
    example sound.
    """
    from unweave.asking import asked as understood
    from unweave.asking.changing import change
    from unweave.audio.times import parse_stretch
    from unweave.batch.job import Job
    from unweave.batch.outputs import settled_output
    from unweave.inference.options import Options, Output

    wanted = change(remove, keep, gain)
    tracks, amending = tracks_too(asked) if wanted else (True, {})
    paths = [Path(source) for source in inputs]
    many = Many.of(manifest, shard, cluster, workers, retry_failed)
    place = check_here(out) if many is None else Path(out)
    aloud = place == STANDARD
    if aloud:
        check_one(paths, asked, wanted is not None, json)
    part, rest = parse_stretch(start, end), not (no_residual or aloud)
    options = Options(understood(asked), threshold, rest, max_tracks, batch, part, strength, quality)
    Output.of(format, subtype, overwrite, one_file)
    if model is None or not Path(model).exists():  # a model of one's own may have classes of its own
        _check_names([*options.asked.wishes, *(part.wish for part in (wanted.parts if wanted else ()))])
    common: dict[str, Any] = {
        "threshold": threshold,
        "strength": strength,
        "quality": quality,
        "batch": batch,
        "format": format,
        "subtype": subtype,
        "stream": stream,
        "start": start,
        "end": end,
    }
    own: dict[str, Any] = {
        **asked,
        "residual": options.residual,
        "max_tracks": max_tracks,
        "one_file": one_file,
        "overview": bool(many is None if overview is None else overview),
    }
    changes: dict[str, Any] = {**amending, "remove": remove, "keep": keep, "gain": gain}
    if many is not None:
        return many.run(
            Job(
                "separate",
                settled_output(out),
                model,
                device,
                backend,
                precision,
                published,
                own | common if tracks else None,
                changes | common if wanted else None,
                overwrite,
            ),
            inputs,
            options,
            json=json,
            quiet=quiet,
        )
    common["overwrite"] = overwrite
    good = readable(paths, stream)
    places = writable(good, place, overwrite) if tracks and not aloud else [(path, None) for path in good]

    from unweave.allocator import keep_memory
    from unweave.inference.hear import check
    from unweave.pretrained.load import load_model

    keep_memory()
    loaded = load_model(model, device, backend=backend, precision=precision, say=warn)
    loaded = loaded.published() if published else loaded
    if wanted and tracks:  # both can be answered, or neither is begun
        check(loaded, options)
    failed = len(set(paths)) - len(places)
    with folder_for(place) as folder:
        written: list[Path] = []
        for path, name in places:
            try:
                if wanted:
                    with progress_bar(path.name, quiet) as progress:
                        remixed = loaded.remix_file(path, folder, **changes, **common, progress=progress)
                    written.append(remixed.path)
                    tell_remix(remixed, json, aloud)
                if tracks:
                    with progress_bar(path.name, quiet) as progress:
                        report = loaded.separate_file(path, folder, **own, **common, name=name, progress=progress)
                    written += [report.folder / track.file for track in report.tracks]
                    failed += not if_heard(lambda report=report: _tell(report, json, aloud))  # type: ignore[misc]
            except UnweaveError as error:
                if len(places) == 1 and not failed:
                    raise
                warn(str(error))
                failed += 1
        if aloud:
            send(written)
    faults = [sentence for wish in options.asked.wishes for sentence in wish.faults(loaded)]
    return 2 if failed or faults else 0


def _check_names(wishes: Sequence[Wish]) -> None:
    from unweave.ontology import Ontology

    ontology = Ontology()
    for wish in wishes:
        wish.check_names(ontology)


def _tell(report: Report, json: bool, aloud: bool) -> None:
    """What was found and where it lies, unless standard output is for sound."""
    for sentence in report.warnings:
        warn(sentence)
    if json:
        print_json(report.to_plain())
    elif not aloud:
        _print_report(report)


def _print_report(report: Report) -> None:
    if sys.stdout.isatty():
        for line in track_lines(report):
            print(line)
        print(report.folder)
        return
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
    for row in rows:
        print("\t".join(row))
    print(report.folder)
