"""What `fuzz.py` asks of the server: damaged uploads, options that nobody would send, paths and headers of any kind.

The application is called in this process, and what its workers would do in others is done here, between two requests.
Whatever comes, an answer is no fault of the server's (5xx), and what is refused is a sentence in JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from fuzz_subjects import CLASSES, NASTY, Act, changed, damaged, encoded

from unweave.app.crew import Worker
from unweave.app.hearing import describe
from unweave.app.limits import Limits
from unweave.app.server import application
from unweave.app.service import Service
from unweave.app.workshop import Bench, open_eyes
from unweave.errors import UnweaveError
from unweave.model import Model

REQUESTS = 8
OPTIONS: dict[str, list[Any]] = {
    "level": [1, [1, 2]], "classes": ["kettle", ["bell", "drill"]], "threshold": [0, 0.5], "format": ["wav", "flac"],
    "subtype": ["PCM_16", "FLOAT"], "start": [0, "0:00.05"], "end": [0.2], "remove": ["bell"], "keep": ["drill"],
    "gain": [{"bell": -6}], "residual": [True], "max_tracks": [2], "strength": [1, 0.5], "not": ["bell"],
    "span": ["0-0.1"], "text": ["a bell"], "model": ["tiny"], "query": ["UPLOAD"],
}  # fmt: skip
PATHS = (
    "/", "/api/session", "/api/server", "/api/classes", "/api/docs", "/api/openapi.json", "/api/uploads/UPLOAD",
    "/api/uploads/UPLOAD/peaks", "/api/uploads/UPLOAD/spectrogram.png", "/api/uploads/UPLOAD/events",
    "/api/uploads/UPLOAD/sound", "/api/uploads/UPLOAD/file", "/api/jobs/JOB", "/api/jobs/JOB/tracks",
    "/api/jobs/JOB/tracks/0", "/api/jobs/JOB/tracks/-1", "/api/jobs/JOB/tracks/0/played",
    "/api/jobs/JOB/tracks/0/peaks",
    "/api/jobs/JOB/zip", "/api/jobs/JOB/files/tracks.json", "/api/jobs/JOB/files/..%2f..%2f", "/api/jobs/JOB/mix",
    "/api/jobs/JOB/cancel", "/gradio_api/upload", "/gradio_api/call/controls", "/gradio_api/call/process",
    "/gradio_api/call/process/JOB", "/gradio_api/call/cancel", "/gradio_api/file=JOB/0/x.wav", "/static/../server.py",
    "/api/%00", "/api/uploads/%2e%2e%2f", "/é" * 50, "/api/uploads/" + "x" * 5000,
)  # fmt: skip
HEADERS = ("range", "content-type", "content-length", "cookie", "host", "origin", "if-none-match", "x-forwarded-for")
VALUES = (
    "", "0", "-1", "bytes=0-", "bytes=5-2", "bytes=-99999999999999999999", "bytes=0-1,5-6", "multipart/form-data",
    "multipart/form-data; boundary=", "application/json; charset=utf-99", "application/x-www-form-urlencoded",
    "unweave=x; unweave=y", "127.0.0.1:99999", "null", "http://evil.example", "x" * 9000, "W/\"\"", "127.0.0.1",
)  # fmt: skip


class Here(Worker):
    """Works when it is told to, in this process."""

    def work(self) -> None:
        """All that waits."""
        about, works = self._open()
        self.about, place = about, os.getcwd()
        while (task := self.queue.take(0.0)) is not None:
            os.chdir(task.folder)
            try:
                task.ended("done", works[task.work](task.arguments, lambda done, total, what: None))
            except UnweaveError as error:
                task.ended("failed", str(error))
            finally:
                os.chdir(place)


def http(chance: random.Random, folder: Path, model: Model) -> Act:
    """Some requests of one visitor, one after the other."""
    bench = Bench(model)
    works = {"listen": bench.listen, "separate": bench.separate, "change": bench.change}
    workers = [Here("eyes", open_eyes), Here("tiny", lambda: (describe(model), works))]
    good = {"files": {"file": ("a.wav", encoded(chance, "WAV", 2), "audio/wav")}}
    plan = [("POST", "/api/uploads", good), ("POST", "/api/jobs", _json({"upload": "UPLOAD", "options": {"level": 1}}))]
    plan += [_request(chance) for _ in range(REQUESTS)]
    (folder / "asked.txt").write_text("\n".join(ascii(one)[:3000] for one in plan), "utf-8")

    async def visit(service: Service) -> None:
        app, known = application(service), {"UPLOAD": "none", "JOB": "none"}
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 4321))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=None) as visitor:
            await visitor.get("/api/session")
            for method, path, words in plan:
                answer = await visitor.request(method, _known(path, known), **_known(words, known))
                check(answer)
                if answer.status_code == 201 and "id" in (told := answer.json()):
                    known["JOB" if path in ("/api/jobs", "/api/separate") else "UPLOAD"] = told["id"]
                for worker in workers:
                    worker.work()

    def act() -> None:
        service = Service(workers[0], {"tiny": workers[1]}, Limits(bytes=200_000, seconds=60), folder)
        for worker in workers:
            worker.work()
        try:
            asyncio.run(visit(service))
        finally:
            service.stop()

    return act


def check(answer: httpx.Response) -> None:
    """No fault of the server, and a sentence where it refuses."""
    assert answer.status_code < 500 or answer.status_code in (503, 507), f"{answer.status_code}: {answer.text[:300]}"
    if answer.status_code >= 400 and answer.request.method != "HEAD" and answer.status_code != 416:
        sentence = answer.json()["error"]
        assert sentence and "\n" not in sentence and len(sentence) < 1000, ascii(sentence[:300])


def _request(chance: random.Random) -> tuple[str, str, dict[str, Any]]:
    """Method, path, and what goes with it."""
    how = chance.choice(["upload", "separate", "job", "job", "mix", "any", "any", "harp"])
    words: dict[str, Any] = {}
    if how in ("upload", "separate"):
        kind = chance.choice(["WAV", "FLAC", "OGG"])
        data = encoded(chance, kind, 2)
        if chance.random() < 0.6:
            data = damaged(chance, data, lambda: encoded(chance, "WAV", 1))
        name = chance.choice(
            [*["a.wav"] * 9, "", "../../x.wav", "x" * 5000, "a\nb.wav", "CON", "a.wav.exe", "é.flac", ".."]
        )
        words["files"] = {
            chance.choice([*["file"] * 9, "files", "x"]): (name, data, chance.choice([*["audio/wav"] * 9, *VALUES]))
        }
        if how == "separate":
            words["data"] = {
                "options": chance.choice([json.dumps(_options(chance), default=str), "{", "[]", "[" * 9000, "nul"])
            }
        return "POST", f"/api/{'uploads' if how == 'upload' else 'separate'}", words
    if how == "job":
        job = {"upload": "UPLOAD", "options": _options(chance)}
        return "POST", "/api/jobs", _json(job if chance.random() < 0.7 else changed(chance, job))
    if how == "mix":
        mix = {"tracks": [{"index": 0, "gain": 1.0}], "format": "wav", "video": False}
        return "POST", "/api/jobs/JOB/mix", _json(changed(chance, mix))
    if how == "harp":
        call = {"data": [{"path": "UPLOAD/a.wav"}, chance.choice([*CLASSES, *NASTY])]}
        return "POST", "/gradio_api/call/process", _json(changed(chance, call))
    if chance.random() < 0.5:
        words["headers"] = {chance.choice(HEADERS): chance.choice(VALUES)}
    if chance.random() < 0.3:
        words["content"] = chance.randbytes(chance.choice([0, 1, 100, 300_000]))
    return chance.choice(["GET", "GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS"]), chance.choice(PATHS), words


def _options(chance: random.Random) -> dict[str, Any]:
    asked = {key: chance.choice(values) for key, values in OPTIONS.items() if chance.random() < 0.08}
    for key in chance.sample(sorted(OPTIONS), chance.choice([0, 0, 0, 1, 2])):
        asked[key] = chance.choice(NASTY)
    return asked


def _json(value: Any) -> dict[str, Any]:
    """A body, with all that JSON cannot say as Python says it."""
    text = json.dumps(value, default=str)
    return {"content": text.encode(), "headers": {"content-type": "application/json"}}


def _known(value: Any, known: dict[str, str]) -> Any:
    """With the ids that were given out."""
    if isinstance(value, str):
        for word, id in known.items():
            value = value.replace(word, id)
        return value
    if isinstance(value, bytes):
        return value if value[:1] != b"{" else _known(value.decode("latin-1"), known).encode("latin-1")
    if isinstance(value, dict):
        return {key: _known(one, known) for key, one in value.items()}
    if isinstance(value, list):
        return [_known(one, known) for one in value]
    return value


KINDS: dict[str, Callable[[random.Random, Path, Model], Act]] = {"http": http}
