"""`unweave tag`: what sounds when."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unweave.cli.console import print_json, print_table, progress_bar, seconds, warn
from unweave.cli.inputs import readable
from unweave.cli.many import Many
from unweave.cli.options import Cluster, From, Manifest, Named, Precision, Retry, Shards, Stream, Threshold, To, Workers
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.inference.events import Event

tag = typer.Typer(add_completion=False, rich_markup_mode=None)


@tag.command()
def run(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT",
            help="Recordings or videos. With --manifest also folders, patterns and lists.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str | None, typer.Option("-o", "--out", metavar="DIR", help="Where results go, with --manifest.")
    ] = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One object of JSON for each recording, a line each.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One table: file,class,mid,start,end,probability.")] = False,
    start: From = None,
    end: To = None,
    model: Named = None,
    threshold: Threshold = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda|mps", help="Where the tagger runs.")] = "auto",
    precision: Precision = "float32",
    batch: Annotated[
        int | None,
        typer.Option(metavar="N", help="Segments that the tagger hears at once; by default as suits the device."),
    ] = None,
    stream: Stream = None,
    manifest: Manifest = False,
    shard: Shards = None,
    cluster: Cluster = None,
    workers: Workers = None,
    retry_failed: Retry = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> int:
    """Say what sounds when."""
    from unweave.audio.times import parse_stretch
    from unweave.batch.job import Job
    from unweave.batch.outputs import settled_output
    from unweave.inference.options import Options

    if as_json and as_csv:
        raise UnweaveError("--json and --csv exclude each other; give one of them.")
    options = Options(threshold=threshold, batch=batch, part=parse_stretch(start, end))
    own: dict[str, Any] = {"start": start, "end": end, "threshold": threshold, "batch": batch, "stream": stream}
    many = Many.of(manifest, shard, cluster, workers, retry_failed)
    if many is not None:
        job = Job("tag", settled_output(out or "tags"), model, device, "auto", precision, tracks=own)
        return many.run(job, inputs, options, json=as_json, quiet=quiet)
    if out is not None:
        raise UnweaveError("-o goes with --manifest; without it, what sounds when is printed.")
    paths = [Path(source) for source in inputs]
    wanted = readable(paths, stream)

    from unweave.allocator import keep_memory
    from unweave.pretrained.load import load_model

    keep_memory()
    loaded = load_model(model, device, precision=precision)
    table = csv.writer(sys.stdout, lineterminator="\n")
    if as_csv:
        table.writerow(["file", "class", "mid", "start", "end", "probability"])
    failed = len(set(paths)) - len(wanted)
    for path in wanted:
        try:
            with progress_bar(path.name, quiet) as progress:
                events = loaded.tag(path, **own, progress=progress, say=warn)
        except UnweaveError as error:
            if len(wanted) == 1 and not failed:
                raise
            warn(str(error))
            failed += 1
            continue
        if as_json:
            print_json({"file": str(path), "events": [_plain(event) for event in events]})
        elif as_csv:
            table.writerows([str(path), *_plain(event).values()] for event in events)
        else:
            _print_events(path, events, len(inputs) > 1)
    return 2 if failed else 0


def _plain(event: Event) -> dict[str, str | float]:
    return {
        "class": event.name,
        "mid": event.mid,
        "start": round(event.start, 3),
        "end": round(event.end, 3),
        "probability": round(event.probability, 3),
    }


def _print_events(path: Path, events: list[Event], several: bool) -> None:
    if several:
        print(path)
    rows = [(seconds(event.start), seconds(event.end), f"{event.probability:.2f}", event.name) for event in events]
    print_table(("start", "end", "probability", "class"), rows)
    if not events:
        print("nothing that the model knows")
