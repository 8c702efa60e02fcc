"""The application of a service, and the server that runs it until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from unweave import __version__
from unweave.app.bodies import Bodies
from unweave.app.harp import harp_routes
from unweave.app.refusals import Refused
from unweave.app.routes_jobs import job_routes
from unweave.app.routes_session import session_routes
from unweave.app.routes_site import site
from unweave.app.routes_uploads import upload_routes
from unweave.app.safety import Safety
from unweave.app.service import Service
from unweave.app.taking import Taking
from unweave.app.who import Who
from unweave.errors import UnweaveError

STATIC = Path(__file__).parent / "static"
_SWEEP_SECONDS = 5.0
_CLOSING_SECONDS = 2  # for answers on their way when the server is stopped


def application(service: Service, names: Collection[str] = (), static: Path = STATIC) -> ASGIApp:
    """Everything that is served.

    Args:
        service: running.
        names: under which the server is reached; see `Safety`.
        static: folder of the page.
    """

    @contextlib.asynccontextmanager
    async def sweeping(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_sweep(service))
        yield
        task.cancel()

    app = FastAPI(
        title="Unweave",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=sweeping,
    )
    who = Who(service.visitors)
    taking = Taking(service, who)
    for routes in (session_routes(service, who), upload_routes(service, who, taking), job_routes(service, who, taking)):
        app.include_router(routes)
    app.include_router(harp_routes(service, who, taking))
    site(app, static)

    @app.exception_handler(UnweaveError)
    def refused(_: Request, error: UnweaveError) -> JSONResponse:
        known = error if isinstance(error, Refused) else Refused(str(error))
        headers = {} if known.retry is None else {"retry-after": str(known.retry)}
        return JSONResponse(known.plain(), known.status, headers)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or "the body"
        return JSONResponse(Refused(f"In {place}: {first['msg']}.").plain(), 400)

    @app.exception_handler(HTTPException)
    def other(_: Request, error: HTTPException) -> JSONResponse:
        code = {404: "not_found", 405: "bad_request"}.get(error.status_code, "bad_request")
        return JSONResponse({"error": f"{error.detail}.", "code": code}, error.status_code)

    return Safety(Bodies(app), names)


async def _sweep(service: Service) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        await asyncio.to_thread(service.sweep)


class Server(uvicorn.Server):
    """A server that tells open streams when it is stopped, and says where it is when it is there.

    Args:
        service: running.
        names: see `Safety`.
        ready: called with the port when the first request may come.
        static: folder of the page.
    """

    def __init__(
        self, service: Service, names: Collection[str], ready: Callable[[int], None], static: Path = STATIC
    ) -> None:
        config = uvicorn.Config(
            application(service, names, static),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_CLOSING_SECONDS,
            timeout_keep_alive=30,
            ws="none",
        )
        super().__init__(config)
        self._service, self._ready = service, ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ctrl-C, or the end of the session: the usual end of a server, and no failure; twice means at once."""
        self._service.stopping.set()
        self.force_exit = self.should_exit
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            port: int = self.servers[0].sockets[0].getsockname()[1]
            self._ready(port)


def run(service: Service, host: str, port: int, names: Collection[str], ready: Callable[[int], None]) -> None:
    """Serve until somebody stops it; the service is stopped then too.

    Args:
        service: not started yet.
        host: where to listen.
        port: likewise; 0 for any free one.
        names: see `Safety`.
        ready: called with the port when the first request may come.

    Raises:
        UnweaveError: the address cannot be had, or a model cannot be used.
    """
    try:
        listening = listen(host, port)
        try:
            service.start()
            Server(service, [host, *names], ready).run(sockets=[listening])
        finally:
            listening.close()
    finally:
        service.stop()


def listen(host: str, port: int) -> socket.socket:
    """A socket at an address.

    Raises:
        UnweaveError: it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UnweaveError(f"There is no address {host}: {error.strerror}; choose another --host.") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UnweaveError(
            f"Nothing can be served at {host}:{port} ({reason}); choose another --port or --host."
        ) from error
    listening.set_inheritable(False)
    return listening
