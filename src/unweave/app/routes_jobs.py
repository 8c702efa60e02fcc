"""Jobs: asked for, followed, cancelled, and what comes of them."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, StreamingResponse

from unweave.app.files import file_answer, zip_answer
from unweave.app.refusals import Refused, not_found, not_ready
from unweave.app.routes_uploads import form
from unweave.app.service import Service
from unweave.app.streams import events
from unweave.app.taking import Taking
from unweave.app.things import Job
from unweave.app.visitors import Visitor
from unweave.app.wanted import read_options
from unweave.app.who import Who
from unweave.app.worker import only_names
from unweave.inference.report import NAMES


class JobRequest(BaseModel):
    """What `POST /api/jobs` takes."""

    model_config = ConfigDict(extra="forbid")
    upload: str
    options: dict[str, Any] = Field(default_factory=dict, description="By the names of Model.separate's arguments.")


class MixRequest(BaseModel):
    """What `POST /api/jobs/{id}/mix` takes."""

    model_config = ConfigDict(extra="forbid")
    gains: dict[int, float] = Field(description="Factors by the index of a track.")
    kind: Literal["sound", "video"] = Field("sound", alias="as")
    format: str = "wav"


def job_routes(service: Service, who: Who, taking: Taking) -> APIRouter:
    """The routes; see docs/http.md."""
    routes = APIRouter(tags=["jobs"])

    def found(id: str, request: Request) -> tuple[Visitor, Job]:
        return service.visitors.job(id, who.of(request))

    def done(id: str, request: Request) -> Job:
        job = found(id, request)[1]
        if job.state != "done":
            raise Refused(job.error, 409, "not_ready") if job.error else not_ready("This job")
        return job

    def track(job: Job, index: int) -> dict[str, Any]:
        if not 0 <= index < len(job.tracks):
            raise not_found("track")
        return job.tracks[index]

    def plain(job: Job) -> dict[str, Any]:
        return job.plain(service.ahead(job))

    @routes.post("/api/jobs", status_code=201, summary="Separate or change a recording")
    def make(body: JobRequest, request: Request) -> dict[str, Any]:
        mine = who.of(request)
        visitor, upload = service.visitors.upload(body.upload, mine)
        return plain(service.add_job(visitor, upload, body.options, mine))

    @routes.post(
        "/api/separate",
        status_code=201,
        openapi_extra=form(options={"type": "string", "description": "JSON; see docs/http.md."}),
        summary="Upload and separate in one go",
    )
    async def separate(request: Request, response: Response) -> dict[str, Any]:
        visitor, upload, texts = await taking.take(request, response, look=False)
        try:
            options = read_options(texts.get("options", ""))
            job = await run_in_threadpool(service.add_job, visitor, upload, options, who.of(request))
        finally:  # the job has the recording under a name of its own
            await run_in_threadpool(service.remove_upload, visitor, upload)
            service.forget_empty(visitor)
        return plain(job)

    @routes.get("/api/jobs/{id}", summary="A job, and how far it is")
    def show(id: str, request: Request) -> dict[str, Any]:
        return plain(found(id, request)[1])

    @routes.get("/api/jobs/{id}/stream", summary="The same as server-sent events, until it ends")
    def stream(id: str, request: Request) -> StreamingResponse:
        visitor, job = found(id, request)

        def over() -> bool:
            service.visitors.touch(visitor)
            return job.ended or service.stopping.is_set() or job.id not in visitor.jobs

        return events("job", lambda: plain(job), over)

    @routes.post("/api/jobs/{id}/cancel", summary="Cancel a job; its worker is free at once")
    def cancel(id: str, request: Request) -> dict[str, Any]:
        _, job = found(id, request)
        service.cancel(job)
        return plain(job)

    @routes.delete("/api/jobs/{id}", status_code=204, summary="Delete a job and its files")
    def delete(id: str, request: Request) -> None:
        visitor, job = found(id, request)
        service.remove_job(visitor, job)
        service.forget_empty(visitor)

    @routes.get("/api/jobs/{id}/tracks", summary="What came of it")
    def tracks(id: str, request: Request) -> dict[str, Any]:
        return {"tracks": plain(done(id, request))["tracks"]}

    @routes.get("/api/jobs/{id}/tracks/{index}", summary="A sound, with ranges", response_class=FileResponse)
    def sound(id: str, index: int, request: Request, download: bool = False) -> FileResponse:
        job = done(id, request)
        file = track(job, index)["file"]
        return file_answer(job.results, file, download=file.rpartition("/")[2] if download else None)

    @routes.get("/api/jobs/{id}/tracks/{index}/played", summary="The same as wav", response_class=FileResponse)
    def played(id: str, index: int, request: Request) -> FileResponse:
        job = done(id, request)
        track(job, index)
        path = job.played(index)
        return file_answer(path.parent, path.name)

    @routes.get("/api/jobs/{id}/tracks/{index}/peaks", summary="Its waveform", response_class=FileResponse)
    def peaks(id: str, index: int, request: Request) -> FileResponse:
        job = done(id, request)
        track(job, index)
        return file_answer(job.folder, f"peaks-{index}.json")

    @routes.get("/api/jobs/{id}/zip", summary="Everything of it, as the command line writes it")
    def everything(id: str, request: Request) -> StreamingResponse:
        job = done(id, request)
        stem = job.results.name
        place = stem if job.kind == "separate" else ""
        name = f"{stem if place else job.name.rpartition('.')[0] or job.name}.zip"
        return zip_answer(job.results, only_names(job.results), place, name)

    @routes.get("/api/jobs/{id}/files/{name}", summary="tracks.json, events.csv, labels.txt, overview.png")
    def file(id: str, name: str, request: Request) -> FileResponse:
        job = done(id, request)
        if name not in NAMES:
            raise not_found("file")
        return file_answer(job.results, name)

    @routes.post("/api/jobs/{id}/mix", status_code=201, summary="The mix as heard, as a sound or in the video")
    def mix(id: str, body: MixRequest, request: Request) -> dict[str, Any]:
        visitor, job = found(id, request)
        return plain(service.add_mix(visitor, job, body.gains, body.kind == "video", body.format))

    return routes
