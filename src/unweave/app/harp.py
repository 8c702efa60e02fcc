"""The three calls of HARP (controls, process, cancel), by which REAPER, Logic and Ableton reach this server.

HARP speaks the protocol of Gradio's clients: a file is posted to `/gradio_api/upload`, a call to
`/gradio_api/call/NAME`, which answers with an id, under which server-sent events tell what comes of it. These few
routes are written here, as Gradio itself would bring seventy more, among them some that read addresses and files of the
host by their names, and one folder of uploads for everybody.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.responses import FileResponse, StreamingResponse

from unweave.app.files import file_answer
from unweave.app.refusals import not_found
from unweave.app.service import Service
from unweave.app.taking import Taking
from unweave.app.things import Job
from unweave.app.visitors import Visitor
from unweave.app.wanted import bad
from unweave.app.who import Who
from unweave.errors import UnweaveError
from unweave.ontology import Ontology

_LOOK_SECONDS, _HEARTBEAT_SECONDS = 0.1, 2.0
_DEFAULT = "Speech"
_CARD = {
    "name": "Unweave",
    "description": "Takes one sound out of a recording: a track of it, a track of everything else, and when it sounds.",
    "author": "The Unweave authors",
    "tags": [  # places it among HARP's models: pyharp/tags.py
        "category:separation",
        "subcategory:target-source-extraction",
        "input:audio",
        "input:text",
        "output:audio",
        "output:labels",
        "sound events",
    ],
}
_INPUTS = [
    {"label": "Recording", "info": "Any sound.", "required": True, "type": "audio_track"},
    {"label": "Sound", "info": "A class, such as Speech or Dog, or words.", "value": _DEFAULT, "type": "text_box"},
]
_OUTPUTS = [
    {"label": "The sound", "info": "What was asked for.", "required": True, "type": "audio_track"},
    {"label": "Everything else", "info": "The recording without it.", "required": True, "type": "audio_track"},
    {"label": "When it sounds", "info": "Labels on the time line.", "type": "json"},
]


class Call(BaseModel):
    """The body of a call."""

    data: list[Any] = []


def harp_routes(service: Service, who: Who, taking: Taking) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/gradio_api", tags=["HARP"])
    calls: dict[str, tuple[Visitor, Job]] = {}  # what may be cancelled, by id

    def mine(request: Request) -> list[tuple[Visitor, Job]]:
        """The jobs of HARP on one machine: it says no more of who it is."""
        for id in [id for id, (visitor, job) in calls.items() if job.ended or id not in visitor.jobs]:
            del calls[id]
        return [(visitor, job) for visitor, job in calls.values() if visitor.user == who.address(request)]

    @routes.post("/upload", summary="Upload a recording")
    async def upload(request: Request, response: Response) -> list[str]:
        _, taken, _ = await taking.take(request, response, look=False, fields=("files",))
        return [f"{taken.id}/{taken.name}"]

    @routes.post("/call/controls", summary="What the model takes and gives")
    def controls() -> dict[str, str]:
        return {"event_id": "now"}

    @routes.get("/call/controls/{event}", summary="The same, told")
    def told_controls(event: str) -> StreamingResponse:
        return _stream(_once([{"card": _CARD, "inputs": _INPUTS, "outputs": _OUTPUTS}]))

    @routes.post("/call/process", summary="Take a sound out of a recording")
    def process(call: Call, request: Request) -> dict[str, str]:
        given, what = [*call.data, None, None][:2]
        path = given.get("path") if isinstance(given, dict) else None
        if not isinstance(path, str):
            raise bad("The first input is a recording; drop one into HARP.")
        visitor, upload = service.visitors.upload(path.partition("/")[0], who.of(request))
        job = service.add_job(visitor, upload, _options(what or _DEFAULT), None)
        calls[job.id] = visitor, job
        return {"event_id": job.id}

    @routes.get("/call/process/{event}", summary="The sound, everything else, and labels, once they are there")
    def told_process(event: str, request: Request) -> StreamingResponse:
        visitor, job = service.visitors.job(event, who.of(request))
        return _stream(_told(visitor, job, str(request.base_url)))

    @routes.post("/call/cancel", summary="Cancel what this machine has asked for")
    def cancel(request: Request) -> dict[str, str]:
        for _, job in mine(request):
            service.cancel(job)
        return {"event_id": "now"}

    @routes.get("/call/cancel/{event}", summary="The same, told")
    def told_cancel(event: str) -> StreamingResponse:
        return _stream(_once([]))

    @routes.get("/file={job}/{index}/{name}", summary="A sound that came of it", response_class=FileResponse)
    def file(job: str, index: int, name: str, request: Request) -> FileResponse:
        _, found = service.visitors.job(job, who.of(request))
        if found.state != "done" or not 0 <= index < len(found.tracks):
            raise not_found("track")
        return file_answer(found.results, found.tracks[index]["file"])

    async def _told(visitor: Visitor, job: Job, base: str) -> AsyncIterator[tuple[str, Any]]:
        waited = 0.0
        while not job.ended and not service.stopping.is_set():
            await asyncio.sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS
            if waited >= _HEARTBEAT_SECONDS:
                waited = 0.0
                service.visitors.touch(visitor)
                yield "heartbeat", None
        if job.state != "done":
            yield "error", {"error": job.error or "Cancelled."}
            return
        yield "complete", [_file(base, job, 0), _file(base, job, len(job.tracks) - 1), _labels(job)]

    return routes


def _options(what: Any) -> dict[str, Any]:
    """A class where it is one, else words."""
    if not isinstance(what, str):
        raise bad("The sound is a text: a class, such as Speech or Dog, or words.")
    try:
        Ontology().find(what)
    except UnweaveError:
        return {"text": [what]}
    return {"classes": [what]}


def _file(base: str, job: Job, index: int) -> dict[str, Any]:
    track = job.tracks[index]
    name = track["file"].rpartition("/")[2]
    place = f"{job.id}/{index}/{name}"
    return {
        "path": place,
        "url": f"{base}gradio_api/file={quote(place)}",  # JUCE asks for it letter by letter
        "orig_name": name,
        "size": track["bytes"],
        "mime_type": None,
        "is_stream": False,
        "meta": {"_type": "gradio.FileData"},
    }


def _labels(job: Job) -> dict[str, Any]:
    labels = [
        {
            "t": event["start"],
            "label": track["name"],
            "duration": round(event["end"] - event["start"], 3),
            "description": f"{track['name']}, probability {event['probability']:.2f}",
            "color": 0,
            "link": None,
            "amplitude": None,
            "label_type": "AudioLabel",
        }
        for track in job.tracks
        for event in track["events"]
    ]
    return {"meta": {"_type": "pyharp.LabelList"}, "labels": labels}


async def _once(value: Any) -> AsyncIterator[tuple[str, Any]]:
    yield "complete", value


def _stream(events: AsyncIterator[tuple[str, Any]]) -> StreamingResponse:
    async def told() -> AsyncIterator[str]:
        async for name, value in events:
            yield f"event: {name}\ndata: {json.dumps(value)}\n\n"

    return StreamingResponse(told(), media_type="text/event-stream")
