"""Recordings: taken in, seen, heard, given back, deleted."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from unweave.app.files import file_answer
from unweave.app.service import Service
from unweave.app.taking import Taking
from unweave.app.things import GIVEN, Upload
from unweave.app.visitors import Visitor
from unweave.app.who import Who

# What a form looks like, for the page that describes the interface; it is read piece by piece and not by FastAPI.
FILE_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "modified": {"type": "string", "description": "When the file was made, in ms since 1970."},
    },
}


def form(**more: Any) -> dict[str, Any]:
    """A form in the words of OpenAPI."""
    schema = {**FILE_FORM, "properties": {**FILE_FORM["properties"], **more}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def upload_routes(service: Service, who: Who, taking: Taking) -> APIRouter:
    """The routes; see docs/http.md."""
    routes = APIRouter(tags=["recordings"])

    def found(id: str, request: Request) -> tuple[Visitor, Upload]:
        return service.visitors.upload(id, who.of(request))

    @routes.post("/api/uploads", status_code=201, openapi_extra=form(), summary="Upload a sound or a video")
    async def upload(request: Request, response: Response, listen: bool = True) -> dict[str, Any]:
        _, taken, _ = await taking.take(request, response, listen=listen)
        return taken.plain()

    @routes.post("/api/demo", status_code=201, summary="Upload the demo scene")
    def demo(request: Request, response: Response) -> dict[str, Any]:
        return taking.demo(request, response).plain()

    @routes.get("/api/uploads/{id}", summary="A recording, and how far it is")
    def show(id: str, request: Request) -> dict[str, Any]:
        return found(id, request)[1].plain()

    @routes.get("/api/uploads/{id}/peaks", summary="Its waveform", response_class=FileResponse)
    def peaks(id: str, request: Request) -> FileResponse:
        path = found(id, request)[1].made("peaks.json")
        return file_answer(path.parent, path.name)

    @routes.get("/api/uploads/{id}/spectrogram.png", summary="Its spectrogram", response_class=FileResponse)
    def picture(id: str, request: Request, theme: Literal["light", "dark"] = "light") -> FileResponse:
        path = found(id, request)[1].made(f"{theme}.png")
        return file_answer(path.parent, path.name)

    @routes.get("/api/uploads/{id}/events", summary="What sounds when, coarse to fine", response_class=FileResponse)
    def events(id: str, request: Request) -> FileResponse:
        path = found(id, request)[1].made("events.json")
        return file_answer(path.parent, path.name)

    @routes.get("/api/uploads/{id}/sound", summary="Its sound as wav", response_class=FileResponse)
    def sound(id: str, request: Request) -> FileResponse:
        path = found(id, request)[1].made("sound.wav")
        return file_answer(path.parent, path.name)

    @routes.get("/api/uploads/{id}/file", summary="The file as it came, as a download", response_class=FileResponse)
    def file(id: str, request: Request) -> FileResponse:
        upload = found(id, request)[1]
        return file_answer(upload.folder, f"{GIVEN}/{upload.name}", download=upload.name, plain=True)

    @routes.delete("/api/uploads/{id}", status_code=204, summary="Delete a recording")
    def delete(id: str, request: Request) -> None:
        visitor, upload = found(id, request)
        service.remove_upload(visitor, upload)
        service.forget_empty(visitor)

    return routes
