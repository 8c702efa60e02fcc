"""Options that several commands have in common."""

from __future__ import annotations

from typing import Annotated

import typer

Precision = Annotated[
    str,
    typer.Option(
        metavar="float32|bfloat16|float16",
        help="Of the networks; half for GPUs, bfloat16 for CPUs that have it.",
    ),
]

From = Annotated[
    str | None, typer.Option("--from", metavar="T", help="Only from this time on: 62.5, 1:02.5 or 1:00:03.")
]

To = Annotated[str | None, typer.Option("--to", metavar="T", help="Only up to this time.")]

Overview = Annotated[
    bool | None,
    typer.Option(
        "--overview/--no-overview", help="Draw overview.png; by default, but not with --manifest.", show_default=False
    ),
]

Manifest = Annotated[
    bool,
    typer.Option(
        "--manifest",
        help="Many files: INPUT is folders, patterns, lists (txt, csv, jsonl). Goes on where it was stopped.",
    ),
]

Shards = Annotated[
    str | None, typer.Option("--shard", metavar="I/N", help="Only this part of the files: 1/8, 2/8, to 8/8.")
]

Cluster = Annotated[
    str | None, typer.Option(metavar="local|auto|ADDRESS", help="Let the machines of a Ray cluster do the files.")
]

Workers = Annotated[
    int | None, typer.Option(metavar="N", help="Processes at once; by default one for each core, or for each GPU.")
]

Retry = Annotated[bool, typer.Option("--retry-failed", help="Try those again that have failed before.")]

Stream = Annotated[
    int | None, typer.Option(metavar="N", help="Which audio stream of a file that holds several, from 0.")
]

Named = Annotated[str | None, typer.Option(metavar="NAME|PATH", help="Another model than the one in the box.")]

Threshold = Annotated[float | None, typer.Option(metavar="P", help="Probability from which something sounds, 0 to 1.")]

Device = Annotated[str, typer.Option(metavar="auto|cpu|cuda|mps", help="Where the networks run.")]

Backend = Annotated[str, typer.Option(metavar="auto|eager|openvino|onnx", help="What runs the separator on a CPU.")]
