"""No request may fill the memory: whatever is no upload is short."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unweave.app.refusals import Refused

_MOST = 1 << 20  # bytes
STREAMED = ("/api/uploads", "/api/separate", "/gradio_api/upload")  # these read their bodies piece by piece


class Bodies:
    """A layer around an application.

    Args:
        app: the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read a short body at once, and refuse a long one."""
        if scope["type"] != "http" or scope["path"] in STREAMED or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > _MOST:
                refused = Refused("This request is too long.", 413, "too_large")
                await JSONResponse(refused.plain(), refused.status)(scope, receive, send)
                return
        given = False

        async def once() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, once, send)
