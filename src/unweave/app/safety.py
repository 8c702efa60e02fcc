"""Around every request: whose page it comes from, and what browsers may do with the answer."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unweave.app.refusals import Refused

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
FILE_POLICY = "default-src 'none'; sandbox"  # of what a visitor gave, or what was made of it
_HEADERS = {
    "content-security-policy": PAGE_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=(), interest-cohort=()",
}
_OTHERS = ("cross-site", "same-site")  # another port of this machine is another server, on the same site
_SAFE = ("GET", "HEAD", "OPTIONS")


class Safety:
    """A layer around an application.

    Args:
        app: the application.
        names: under which the server may be asked, beside addresses, localhost and the machine's own name: a page of
            somebody else whose name is made to point here must not be taken for ours.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = {"localhost", socket.gethostname().lower(), *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what comes from elsewhere, and say with every answer what it is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-cache" if scope["path"].startswith("/static/") else "no-store")
                del headers["server"]
            await send(message)

        try:
            self._check(scope["method"], Headers(scope=scope))
        except Refused as refused:
            await JSONResponse(refused.plain(), refused.status)(scope, receive, tell)
            return
        await self._app(scope, receive, tell)

    def _check(self, method: str, headers: Headers) -> None:
        host = headers.get("host", "")
        if not self._ours(host):
            raise Refused(
                "This server is not reached under that name; start it with --name to allow it.", 403, "other_page"
            )
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        if method in _SAFE:
            if site in _OTHERS and headers.get("sec-fetch-mode") != "navigate":
                raise Refused("This is for the page of this server alone.", 403, "other_page")
            return
        if (origin is not None and urlsplit(origin).netloc.lower() != host.lower()) or site in _OTHERS:
            raise Refused("This request comes from the page of somebody else, and is refused.", 403, "other_page")

    def _ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            return False
        return True
