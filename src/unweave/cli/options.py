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
