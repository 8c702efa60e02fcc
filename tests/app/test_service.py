"""Visitors of one server, their jobs, and the end of both; the model is made up, everything else is real."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from made_up import open_made_up
from serving import client, separate, served, sound, until

from unweave.app.folders import size_of
from unweave.app.limits import Limits
from unweave.app.service import Service

Served = tuple[Service, str]


def begun(service: Service) -> int:
    """Wait until the model is at work; gives the number of its process."""
    worker = service.models["tiny"]
    while worker.current is None or worker.current.begun is None:
        time.sleep(0.005)
    assert worker.process is not None and worker.process.pid is not None
    return worker.process.pid


def test_two_at_once_cannot_see_each_others_files(hollow: Served) -> None:
    with client(hollow[1], cookie=True) as one, client(hollow[1], cookie=True) as other, client(hollow[1]) as nobody:
        upload = one.post("/api/uploads", files=sound()).json()
        job = until(one, separate(one)["url"], "done")
        paths = [
            upload["url"],
            upload["file"],
            job["url"],
            job["zip"],
            f"{job['url']}/tracks/0",
            f"{job['url']}/stream",
        ]
        for path in paths:
            assert one.get(path).status_code == 200
            for stranger in (other, nobody):
                assert stranger.get(path).json()["code"] == "not_found"
        for stranger in (other, nobody):
            assert stranger.post("/api/jobs", json={"upload": upload["id"]}).status_code == 404
            assert stranger.delete(upload["url"]).status_code == stranger.delete(job["url"]).status_code == 404
            query = {"options": f'{{"query": "{upload["id"]}"}}'}
            assert stranger.post("/api/separate", files=sound(), data=query).json()["code"] == "bad_options"
            assert stranger.post(f"{job['url']}/mix", json={"gains": {"0": 1}}).status_code == 404
            assert stranger.post(f"{job['url']}/cancel").status_code == 404
        assert len(one.get("/api/session").json()["jobs"]) == 1
        assert other.get("/api/session").json()["jobs"] == []


def test_what_has_no_cookie_is_reached_by_its_address(hollow: Served) -> None:
    with client(hollow[1]) as one, client(hollow[1]) as other:
        job = separate(one)
        assert "set-cookie" not in one.get(job["url"]).headers
        assert until(other, job["url"], "done")["tracks"][0]["name"] == "Dog"
        assert other.delete(job["url"]).status_code == 204 and one.get(job["url"]).status_code == 404


def test_a_page_that_is_loaded_again_finds_its_job_running(hollow: Served) -> None:
    service, address = hollow
    with client(address, cookie=True) as visitor:
        job = separate(visitor, "hold.wav")
        begun(service)
        visitor.post("/api/session/leave")
        (again,) = visitor.get("/api/session").json()["jobs"]
        assert (again["id"], again["state"]) == (job["id"], "running")
        service.sweep()
        assert visitor.post(f"{job['url']}/cancel").json()["state"] == "cancelled"
        assert visitor.get(f"{job['url']}/zip").status_code == 409


def test_who_leaves_is_forgotten_and_the_worker_free(tmp_path: Path, hollow: Served) -> None:
    service, address = hollow
    with client(address, cookie=True) as visitor, client(address) as next_one:
        visitor.post("/api/uploads", files=sound())
        separate(visitor, "hold.wav")
        separate(visitor, "waits.wav")
        begun(service)
        (mine,) = [one for one in service.visitors.every() if len(one.jobs) == 2]
        visitor.delete("/api/session")
        assert until(next_one, separate(next_one)["url"], "done")
        service.sweep()
        assert not mine.folder.exists()
        session = visitor.get("/api/session").json()
        assert session["uploads"] == session["jobs"] == []


def test_a_job_whose_worker_is_killed_says_so_and_the_next_is_done(hollow: Served) -> None:
    service, address = hollow
    with client(address) as visitor:
        job = separate(visitor, "hold.wav")
        os.kill(begun(service), 9)
        assert "Another one is in its place" in until(visitor, job["url"], "failed")["error"]
        assert until(visitor, separate(visitor)["url"], "done")


def test_cancelling_frees_the_worker_even_if_it_hears_nothing(hollow: Served) -> None:
    service, address = hollow
    with client(address) as visitor:
        stubborn, after = separate(visitor, "stubborn.wav"), separate(visitor)
        begun(service)
        assert visitor.get(after["url"]).json()["ahead"] == 1
        assert visitor.post(f"{stubborn['url']}/cancel").json()["state"] == "cancelled"
        assert until(visitor, after["url"], "done")
        assert visitor.delete(stubborn["url"]).status_code == 204


def test_a_recording_that_nobody_could_listen_to_can_be_separated(hollow: Served) -> None:
    service, address = hollow
    with client(address) as visitor:
        first = separate(visitor, "hold.wav")
        begun(service)
        upload = visitor.post("/api/uploads", files=sound()).json()
        until(visitor, upload["url"], "listening")
        (task,) = service.models["tiny"].queue.order()
        service.models["tiny"].cancel(task)
        seen = until(visitor, upload["url"], "ready")
        assert seen["events"] is None and seen["error"] and visitor.get(f"{upload['url']}/events").status_code == 409
        visitor.post(f"{first['url']}/cancel")
        answer = visitor.post("/api/jobs", json={"upload": upload["id"]})
        assert until(visitor, answer.json()["url"], "done")


def test_limits_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(bytes=200_000, seconds=5, waiting=1)
    with served(tmp_path, open_made_up, limits) as (service, address), client(address) as visitor:
        large = visitor.post("/api/uploads", files=sound(seconds=10))
        assert large.status_code == 413 and "up to 0 MB" in large.json()["error"]
        upload = visitor.post("/api/uploads", files=sound(seconds=5.5)).json()
        while (seen := visitor.get(upload["url"]).json())["state"] == "looking":
            time.sleep(0.02)
        assert seen["state"] == "failed" and "minutes long" in seen["error"]
        refused = visitor.post("/api/jobs", json={"upload": upload["id"]})
        assert refused.status_code == 400 and "minutes long" in refused.json()["error"]
        jobs = [separate(visitor, "hold.wav")]
        begun(service)
        jobs.append(separate(visitor))
        refused = visitor.post("/api/separate", files=sound())
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
        assert int(refused.headers["retry-after"]) > 0
        for job in jobs:
            visitor.post(f"{job['url']}/cancel")
        later = time.monotonic() + limits.keep_seconds + 60
        monkeypatch.setattr(service.visitors, "_clock", lambda: later)
        service.sweep()
        assert size_of(service.root.path) == 0 and visitor.get(jobs[0]["url"]).status_code == 404
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["uploads/{}", "uploads/{}/peaks", "jobs/{}", "jobs/{}/zip", "jobs/{}/tracks/0"])
@pytest.mark.parametrize("id", ["x", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "x" * 3000, "%00"])
def test_what_was_never_there_is_not_found(path: str, id: str, hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        assert visitor.get(f"/api/{path.format(id)}").status_code == 404


def test_files_of_a_job_are_those_that_it_has(hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        url = until(visitor, separate(visitor)["url"], "done")["url"]
        for path in ("tracks/2", "tracks/-1", "files/lock", "files/..%2fgiven", "files/peaks-0.json", "tracks/7/peaks"):
            assert visitor.get(f"{url}/{path}").status_code in (400, 404), path
        part = visitor.get(f"{url}/tracks/0", headers={"Range": "bytes=4-7"})
        assert part.status_code == 206 and part.headers["content-range"].startswith("bytes 4-7/")
        assert part.headers["content-type"] == "audio/wav"
        assert visitor.get(f"{url}/tracks/0?download=true").headers["content-disposition"].endswith('"Dog.wav"')


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"upload": 3}', b'{"upload": "x", "more": 1}', b'{"upload": "x", "options": []}']
)
def test_a_body_that_is_none_is_refused_in_a_sentence(body: bytes, hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        answer = visitor.post("/api/jobs", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 404) and answer.json()["error"].endswith(".")


def test_nobody_waits_behind_all_jobs_of_another(hollow: Served) -> None:
    service, address = hollow
    with client(address, cookie=True) as greedy, client(address, cookie=True) as modest:
        first = separate(greedy, "hold.wav")
        begun(service)
        many = [separate(greedy) for _ in range(3)]
        one = separate(modest)
        assert [modest.get(one["url"]).json()["ahead"], greedy.get(many[2]["url"]).json()["ahead"]] == [2, 4]
        greedy.post(f"{first['url']}/cancel")
        waited = [until(greedy, many[2]["url"], "done")["waited"], until(modest, one["url"], "done")["waited"]]
        assert waited[1] < waited[0]
