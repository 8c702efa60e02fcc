"""The visitor: what is theirs, live, and its end."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from unweave import __version__
from unweave.app.refusals import not_found
from unweave.app.service import Service
from unweave.app.streams import events
from unweave.app.visitors import Visitor
from unweave.app.who import Who


def session_routes(service: Service, who: Who) -> APIRouter:
    """The routes; see docs/http.md."""
    routes = APIRouter(tags=["visitor"])

    def plain(visitor: Visitor) -> dict[str, Any]:
        return {
            "uploads": [upload.plain() for upload in list(visitor.uploads.values())],
            "jobs": [job.plain(service.ahead(job)) for job in list(visitor.jobs.values())],
            "keeps_seconds": service.limits.keep_seconds,
        }

    @routes.get("/api/session", summary="Everything of the visitor; sets the cookie")
    def session(request: Request, response: Response) -> dict[str, Any]:
        return plain(who.known(request, response))

    @routes.get("/api/session/stream", summary="The same as server-sent events, at every change")
    def stream(request: Request) -> StreamingResponse:
        visitor = who.of(request)
        if visitor is None:
            raise not_found("visitor")
        there = visitor

        def count(step: int) -> None:
            there.watching += step
            service.visitors.seen(there)

        gone = lambda: service.stopping.is_set() or there not in service.visitors.every()  # noqa: E731
        return events("session", lambda: plain(there), gone, lambda: count(1), lambda: count(-1))

    @routes.post("/api/session/leave", status_code=204, summary="The visitor closes the page")
    def leave(request: Request) -> None:
        if (visitor := who.of(request)) is not None:
            service.visitors.leave(visitor)

    @routes.delete("/api/session", status_code=204, summary="Delete everything of the visitor now")
    def delete(request: Request) -> None:
        if (visitor := who.of(request)) is not None:
            service.remove_visitor(visitor)

    @routes.get("/api/server", summary="What runs here, and its limits")
    def server() -> dict[str, Any]:
        limits = service.limits
        return {
            "name": "Unweave",
            "version": __version__,
            "models": [{"name": name, "ready": worker.about is not None} for name, worker in service.models.items()],
            "limits": {
                "bytes": limits.bytes,
                "seconds": limits.seconds,
                "waiting": limits.waiting,
                "job_seconds": limits.job_seconds,
                "keep_seconds": limits.keep_seconds,
            },
            "waiting": service.waiting(),
            "running": sum(worker.current is not None for worker in service.models.values()),
        }

    @routes.get("/api/classes", summary="What can be asked for by name")
    def classes(model: str | None = None) -> Any:
        from unweave.app.refusals import not_ready

        about = service.worker(model).about
        if about is None:
            raise not_ready("The model")
        return about

    return routes
