"""The page's own files, and a page that describes the interface; nothing is fetched from anywhere else."""

from __future__ import annotations

import html
import mimetypes
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from unweave import __version__

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;
color-scheme:light dark}
code{font:14px ui-monospace,monospace}h2{margin-top:2rem}dt{margin-top:.8rem}dd{margin-left:1.5rem}
.verb{display:inline-block;min-width:4.5rem;font-weight:600}"""


def site(app: FastAPI, static: Path) -> None:
    """Add them to an application.

    Args:
        app: with all routes that are to be described.
        static: folder of the page.
    """
    for kind, ending in (("text/javascript", ".js"), ("text/javascript", ".mjs"), ("text/css", ".css")):
        mimetypes.add_type(kind, ending)  # what a machine's own table says may be anything
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def index() -> FileResponse:
        return FileResponse(static / "index.html", media_type="text/html; charset=utf-8")

    @routes.get("/favicon.ico")
    def icon() -> Response:
        path = static / "icon.svg"
        return FileResponse(path, media_type="image/svg+xml") if path.is_file() else Response(status_code=204)

    @routes.get("/api/docs")
    def reference() -> HTMLResponse:
        return HTMLResponse(reference_page(app.openapi()))

    @routes.get("/api/docs.css")
    def style() -> Response:
        return Response(_STYLE, media_type="text/css")

    app.include_router(routes)
    app.mount("/static", StaticFiles(directory=static))


def reference_page(schema: dict[str, Any]) -> str:
    """The description of an interface in the words of OpenAPI as a page for people."""
    parts: dict[str, list[str]] = {}
    for path, verbs in schema["paths"].items():
        for verb, about in verbs.items():
            row = f'<dt><code><span class="verb">{verb.upper()}</span> {html.escape(path)}</code></dt>'
            names = [f"<code>{html.escape(one['name'])}</code> ({one['in']})" for one in about.get("parameters", ())]
            body = about.get("requestBody", {}).get("content", {})
            names += [
                f"<code>{html.escape(name)}</code> (body)" for kind in body.values() for name in _fields(kind, schema)
            ]
            takes = f"<br>{', '.join(names)}" if names else ""
            row += f"<dd>{html.escape(about.get('summary', ''))}{takes}</dd>"
            parts.setdefault(about.get("tags", ["others"])[0], []).append(row)
    sections = "".join(f"<h2>{html.escape(tag)}</h2><dl>{''.join(rows)}</dl>" for tag, rows in parts.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Unweave: the HTTP interface</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/api/docs.css"></head><body>'
        f"<h1>The HTTP interface of Unweave {html.escape(__version__)}</h1><p>For programs: "
        '<a href="/api/openapi.json">openapi.json</a>. Shapes and examples stand in docs/http.md.</p>'
        f"{sections}</body></html>"
    )


def _fields(content: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Names of the fields of a body."""
    body = content.get("schema", {})
    if "$ref" in body:
        body = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    return list(body.get("properties", {}))
