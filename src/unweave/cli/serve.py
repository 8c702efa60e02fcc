"""`unweave serve`: the page, and the HTTP interface for other programs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from unweave.errors import UnweaveError

serve = typer.Typer(add_completion=False, rich_markup_mode=None)
_INSTALL = 'The page needs packages that are not here: pip install "unweave[serve]".'


@serve.command()
def run(
    host: Annotated[
        str, typer.Option(metavar="H", help="Where to listen; 0.0.0.0 for the whole network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="P", min=0, max=65535, help="0 takes any that is free.")] = 7860,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|PATH", help="Another model than the one in the box; repeat it for several."),
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda|mps", help="Where the networks run.")] = "auto",
    max_mb: Annotated[float, typer.Option(metavar="MB", min=0.001, help="Largest upload.")] = 2000,
    max_minutes: Annotated[float, typer.Option(metavar="N", min=0.01, help="Longest recording.")] = 240,
    max_waiting: Annotated[int, typer.Option(metavar="N", min=1, help="Most jobs that wait.")] = 100,
    max_job_minutes: Annotated[float, typer.Option(metavar="N", min=0.01, help="Longest work on one job.")] = 120,
    keep_minutes: Annotated[
        float, typer.Option(metavar="N", min=0.1, help="How long files of somebody who does nothing are kept.")
    ] = 60,
    name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name under which this server is reached.")
    ] = None,
) -> int:
    """Open the page, and serve other programs, until Ctrl-C.

    Everything stays on this machine. See docs/http.md for the interface.
    """
    try:
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UnweaveError(_INSTALL) from error
    from unweave.app.crew import Worker
    from unweave.app.limits import Limits
    from unweave.app.server import run as serve_until_stopped
    from unweave.app.service import Service
    from unweave.app.workshop import Loading, model_names, open_eyes

    limits = Limits(
        bytes=int(max_mb * 1e6),
        seconds=max_minutes * 60,
        waiting=max_waiting,
        job_seconds=max_job_minutes * 60,
        keep_seconds=keep_minutes * 60,
    )
    names = model_names(model or [None])
    models = {label: Worker(label, Loading(one, device)) for label, one in names.items()}
    shown = f"[{host}]" if ":" in host else "localhost" if host in ("127.0.0.1", "0.0.0.0") else host

    def ready(chosen: int) -> None:
        print(f"Unweave is at http://{shown}:{chosen}", file=sys.stderr, flush=True)

    serve_until_stopped(Service(Worker("eyes", open_eyes), models, limits), host, port, name or [], ready)
    return 0
