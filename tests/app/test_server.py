"""The whole of it with a model: what the server gives is what Python and the command line give."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from serving import client, separate, sound, until
from tiny import tiny_model
from videos import Film, make, noise

from unweave.app.service import Service

Served = tuple[Service, str]
MODIFIED = 1_700_000_000


@pytest.fixture(scope="module")
def visitor(tiny: Served) -> Any:
    with client(tiny[1], cookie=True) as one:
        yield one


def ask(visitor: httpx.Client, options: dict[str, Any], upload: dict[str, Any]) -> dict[str, Any]:
    answer = visitor.post("/api/jobs", json={"upload": upload["id"], "options": options})
    assert answer.status_code == 201, answer.text
    return until(visitor, answer.json()["url"], "done")


@pytest.fixture(scope="module")
def street(visitor: httpx.Client) -> dict[str, Any]:
    given = visitor.post("/api/uploads", files=sound(), data={"modified": str(MODIFIED * 1000)}).json()
    return until(visitor, given["url"], "ready")


@pytest.fixture(scope="module")
def bell(visitor: httpx.Client) -> dict[str, Any]:
    return visitor.post("/api/uploads?listen=false", files=sound("bell.wav", 1.0)).json()


def test_a_recording_is_seen_and_heard(visitor: httpx.Client, street: dict[str, Any]) -> None:
    assert (street["seconds"], street["sample_rate"], street["channels"], street["video"]) == (4.0, 8000, 1, False)
    events = visitor.get(street["events"]).json()
    assert [row["name"] for row in events["classes"]] == ["Speech", "Dog"]
    dog = events["classes"][1]
    assert dog["level"] == 3 and dog["events"] == [{"start": 1.0, "end": 2.0, "probability": 0.5}]
    assert {row["name"] for row in events["levels"]["1"]} == {"Human sounds", "Animal"}
    assert [row["name"] for row in events["auto"]] == ["Speech"] and len(events["levels"]) == 6
    assert len(visitor.get(street["peaks"]).json()["high"]) == 400
    picture = visitor.get(f"{street['spectrogram']}?theme=dark")
    assert picture.headers["content-type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    played, rate = soundfile.read(io.BytesIO(visitor.get(street["sound"]).content))
    assert rate == 8000 and len(played) == 32000
    assert visitor.get(street["file"]).content == sound()["file"][1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"level": [1, 3], "classes": ["Dog", "Speech"], "format": "flac", "residual": False, "max_tracks": 1},
        {"span": [1.0, 2.0], "start": 0.5, "end": "0:03.5"},
        {
            "query": "BELL",
            "not": "Siren",
            "strength": 0.5,
            "quality": "high",
            "text": "rain",
            "threshold": 0.1,
            "subtype": "PCM_16",
        },
    ],
    ids=lambda options: "-".join(options) or "nothing",
)
def test_the_zip_holds_what_the_command_line_writes(
    options: dict[str, Any],
    visitor: httpx.Client,
    street: dict[str, Any],
    bell: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {key: bell["id"] if value == "BELL" else value for key, value in options.items()}
    job = ask(visitor, asked, street)
    archive = zipfile.ZipFile(io.BytesIO(visitor.get(job["zip"]).content))
    there = {name: archive.read(name) for name in archive.namelist()}
    for name in ("street.wav", "bell.wav"):
        (tmp_path / name).write_bytes(sound(name, 4.0 if name == "street.wav" else 1.0)["file"][1])
    os.utime(tmp_path / "street.wav", (MODIFIED, MODIFIED))
    monkeypatch.chdir(tmp_path)
    python = {
        "not_" if key == "not" else key: "bell.wav" if value == "BELL" else value for key, value in options.items()
    }
    report = tiny_model().separate_file("street.wav", "separated", **python)
    wanted = {
        path.relative_to("separated").as_posix(): path.read_bytes()
        for path in report.folder.rglob("*")
        if path.is_file()
    }
    assert there.keys() == wanted.keys()
    for name in wanted:
        assert there[name] == wanted[name], name
    told = json.loads(there["street/tracks.json"])["tracks"]
    for track, written in zip(job["tracks"], told, strict=True):
        assert {**track, **written} == track
        assert visitor.get(track["sound"]).content == there[f"street/{track['file']}"]
        assert visitor.get(track["peaks"]).json()["seconds"] > 0


def test_a_changed_recording_is_one_track(visitor: httpx.Client, street: dict[str, Any]) -> None:
    job = ask(visitor, {"remove": ["Dog"]}, street)
    assert job["kind"] == "change" and [track["file"] for track in job["tracks"]] == ["street.removed.wav"]
    left = soundfile.read(io.BytesIO(visitor.get(job["tracks"][0]["sound"]).content))[0]
    mixture = soundfile.read(io.BytesIO(sound()["file"][1]))[0]
    assert np.abs(left - mixture)[9000:15000].max() > 0.1 and np.abs(left - mixture)[20000:].max() < 1e-3
    assert zipfile.ZipFile(io.BytesIO(visitor.get(job["zip"]).content)).namelist() == ["street.removed.wav"]
    gained = ask(visitor, {"gain": {"Dog": -6, "Speech": 3}}, street)
    assert gained["tracks"][0]["name"] == "remixed"


def test_the_mix_as_heard_is_the_sum_of_its_tracks(visitor: httpx.Client, street: dict[str, Any]) -> None:
    job = ask(visitor, {"level": 1}, street)
    tracks = [soundfile.read(io.BytesIO(visitor.get(track["sound"]).content))[0] for track in job["tracks"]]
    made = visitor.post(f"{job['url']}/mix", json={"gains": {"0": 0.5, "2": 2.0}}).json()
    mix = until(visitor, made["url"], "done")
    heard = soundfile.read(io.BytesIO(visitor.get(mix["tracks"][0]["sound"]).content))[0]
    assert np.abs(heard - 0.5 * tracks[0] - 2 * tracks[2]).max() < 1e-6
    for body in ({"gains": {"9": 1}}, {"gains": {"0": -1}}, {"gains": {}}, {"gains": {"0": 1}, "as": "video"}):
        assert visitor.post(f"{job['url']}/mix", json=body).json()["code"] == "bad_options"
    assert visitor.post(f"{job['url']}/mix", json={"gains": {"0": 1}, "format": "exe"}).status_code == 400


def test_the_mix_goes_back_into_the_video(visitor: httpx.Client, tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", Film([0.1 * noise(1.0)]))
    given = visitor.post("/api/uploads?listen=false", files={"file": ("film.mp4", film.read_bytes())}).json()
    seen = until(visitor, given["url"], "ready")
    assert seen["video"] is True
    job = ask(visitor, {"level": 1}, seen)
    gains = {str(track["index"]): 1.0 for track in job["tracks"]}
    mix = until(visitor, visitor.post(f"{job['url']}/mix", json={"gains": gains, "as": "video"}).json()["url"], "done")
    answer = visitor.get(mix["tracks"][0]["sound"])
    assert mix["tracks"][0]["file"] == "film.mix.mp4" and answer.headers["content-type"] == "video/mp4"
    import av

    with av.open(io.BytesIO(answer.content)) as container:
        assert container.streams.video[0].frames == 25 and container.streams.audio


def test_the_demo_scene_is_one_click_away(visitor: httpx.Client) -> None:
    scene = visitor.post("/api/demo").json()
    assert scene["name"] == "scene.flac" and scene["bytes"] > 1_000_000
    visitor.delete(scene["url"])


def test_names_of_files_of_the_host_are_no_sounds(visitor: httpx.Client, street: dict[str, Any]) -> None:
    """A file that is there and one that is not are answered alike."""
    for options in ({"not": "{}"}, {"remove": "{}"}, {"keep": ["{}"]}, {"gain": {"{}": 3}}):
        said = []
        for path in (
            "/etc/passwd",
            "/etc/passwx",
            "street.wav",
            "streex.wav",
            "../given/street.wav",
            "../given/streex.wav",
        ):
            given = json.loads(json.dumps(options).replace("{}", path))
            answer = visitor.post("/api/jobs", json={"upload": street["id"], "options": given})
            sentence = answer.json()["error"] or until(visitor, answer.json()["url"], "failed")["error"]
            assert "class" in sentence and "example" not in sentence.lower(), sentence
            said.append(sentence.replace(path, "PATH"))
        assert said[0].partition("PATH")[2][:20] == said[1].partition("PATH")[2][:20]


@pytest.mark.parametrize("name", ["x.wav", "x.html", "x.svg", "x.m3u8"])
def test_what_is_no_sound_is_said_and_never_shown(name: str, visitor: httpx.Client) -> None:
    body = b"#EXTM3U\nfile:///etc/passwd\n" if name.endswith("m3u8") else b"<svg><script>alert(1)</script></svg>"
    given = visitor.post("/api/uploads", files={"file": (name, body, "text/html")}).json()
    seen = until(visitor, given["url"], "failed")
    assert name in seen["error"] and "/given" not in seen["error"] and "passwd" not in seen["error"]
    answer = visitor.get(seen["file"])
    assert answer.headers["content-type"] == "application/octet-stream"
    assert (
        "attachment" in answer.headers["content-disposition"] and "sandbox" in answer.headers["content-security-policy"]
    )
    assert visitor.get(f"{seen['url']}/peaks").json()["code"] == "not_ready"
    job = visitor.post("/api/separate", files={"file": (name, body)}).json()
    assert name in until(visitor, job["url"], "failed")["error"]


def test_what_a_model_has_not_learnt_is_the_jobs_sentence(visitor: httpx.Client, street: dict[str, Any]) -> None:
    answer = visitor.post("/api/jobs", json={"upload": street["id"], "options": {"classes": ["Dgo"]}}).json()
    assert "Dog" in until(visitor, answer["url"], "failed")["error"]


def test_classes_tell_what_can_be_asked_for(visitor: httpx.Client) -> None:
    about = visitor.get("/api/classes").json()
    dog = next(one for one in about["classes"] if one["name"] == "Dog")
    assert (about["model"], about["levels"], len(about["classes"])) == ("tiny", 6, 632)
    assert dog["index"] == 74 and dog["level"] == 3 and dog["learnt"] and dog["holds"] > 3 and len(dog["parents"]) == 1
    assert visitor.get("/api/classes?model=none").status_code == 400


def test_a_stream_tells_how_a_job_goes(visitor: httpx.Client) -> None:
    job = separate(visitor)
    with visitor.stream("GET", f"{job['url']}/stream") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = list(stream.iter_lines())
    states = [json.loads(line.removeprefix("data: "))["state"] for line in lines if line.startswith("data: ")]
    assert states[-1] == "done" and set(lines) >= {"event: job"}
    with visitor.stream("GET", "/api/session/stream") as stream:
        told = next(line for line in stream.iter_lines() if line.startswith("data: "))
    assert job["id"] in {one["id"] for one in json.loads(told.removeprefix("data: "))["jobs"]}
