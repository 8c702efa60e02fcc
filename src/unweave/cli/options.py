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

Stream = Annotated[
    int | None, typer.Option(metavar="N", help="Which audio stream of a file that holds several, from 0.")
]
