"""Servers for tests, and those who visit them."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import soundfile

from unweave.app.crew import Worker
from unweave.app.limits import Limits
from unweave.app.server import Server, listen
from unweave.app.service import Service
from unweave.app.workshop import Loading, open_eyes

RATE = 8000
LIMIT = 1_500_000  # bytes of an upload in tests of the page; the demo scene is a little less
MADE = 1_700_000_000  # when the recording of these tests was made
SECONDS = 4.0  # of it


class TinyLoading(Loading):
    """The tiny model in another process."""

    def load(self) -> Any:
        import torch
        from tiny import tiny_model

        torch.set_num_threads(1)
        return tiny_model()


@contextlib.contextmanager
def served(parent: Path, workshop: Any, limits: Limits | None = None) -> Iterator[tuple[Service, str]]:
    """A server in this process, its workers in others; gives the service and the address."""
    models = {"tiny": Worker("tiny", workshop)}
    service = Service(Worker("eyes", open_eyes), models, Limits() if limits is None else limits, parent)
    service.start()
    there = threading.Event()
    listening = listen("127.0.0.1", 0)
    server = Server(service, [], lambda _: there.set())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    there.wait()
    try:
        yield service, f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        service.stopping.set()
        server.should_exit = True
        thread.join()
        listening.close()
        service.stop()


@functools.cache  # the time of writing is in it
def sound(name: str = "street.wav", seconds: float = 4.0) -> dict[str, tuple[str, bytes, str]]:
    """A form with a recording in it: a tone, and another one above it in the middle."""
    return {"file": (name, recording(seconds), "audio/wav")}


@functools.cache
def recording(seconds: float) -> bytes:
    """Once, as libsndfile writes the time of day into its files."""
    from tiny import tones

    file = io.BytesIO()
    samples = tones(seconds, RATE, {0: (0, seconds), 1: (seconds / 4, seconds / 2)})
    soundfile.write(file, samples.T, RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


@contextlib.contextmanager
def client(address: str, cookie: bool = False) -> Iterator[httpx.Client]:
    """Somebody who visits; with a cookie, from the page."""
    with httpx.Client(base_url=address, timeout=None, trust_env=False) as visitor:
        if cookie:
            visitor.get("/api/session").raise_for_status()
        yield visitor


def until(visitor: httpx.Client, url: str, *states: str) -> dict[str, Any]:
    """What is there once it is in one of the states."""
    while True:
        answer = visitor.get(url).raise_for_status().json()
        if answer["state"] in states:
            return answer
        assert answer["state"] not in ("failed", "done", "cancelled"), answer
        time.sleep(0.02)


def separate(visitor: httpx.Client, name: str = "street.wav", options: dict[str, Any] | None = None) -> dict[str, Any]:
    """A job in one go."""
    answer = visitor.post("/api/separate", files=sound(name), data={"options": json.dumps(options or {})})
    assert answer.status_code == 201, answer.text
    return answer.json()
