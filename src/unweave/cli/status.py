"""`unweave status`: how far a run over many files is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from unweave.cli.console import print_json, print_table, seconds

status = typer.Typer(add_completion=False, rich_markup_mode=None)


@status.command()
def run(
    out: Annotated[
        str, typer.Argument(metavar="OUT", help="The folder or store that a run with --manifest writes to.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One object of JSON.")] = False,
) -> int:
    """Say how far a run over many files is, how fast it goes, how long it takes yet, and what failed and why."""
    from unweave.batch.outputs import settled_output
    from unweave.batch.status import read_status

    found = read_status(settled_output(out))
    if as_json:
        print_json({**asdict(found), "failures": [row.to_plain() for row in found.failures]})
        return 0
    rows = [("done", f"{found.done}" if found.total is None else f"{found.done} of {found.total}")]
    rows += [("failed", str(found.failed))] if found.failed else []
    rows += [("to be tried again", str(found.again))] if found.again else []
    rows.append(("workers", str(found.workers) if found.workers else "none is running"))
    rows.append(("sound", f"{seconds(found.seconds)} in {seconds(found.work)} of work"))
    if found.per_hour is not None:
        rows.append(("an hour", f"{found.per_hour:.0f}"))
    if found.left is not None:
        rows.append(("left", seconds(found.left)))
    print_table(("what", ""), rows)
    if found.reasons:
        print_table(("times", "why"), [(str(count), reason) for reason, count in found.reasons])
        print_table(("file", "tries", "why"), [(row.path, str(row.tries), row.error or "") for row in found.failures])
    return 0
