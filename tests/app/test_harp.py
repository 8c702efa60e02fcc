"""The calls as HARP makes them (its GradioClient): lines of events, and what it reads of each."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx
import numpy as np
import soundfile
from serving import client, separate, sound

from unweave.app.service import Service

Served = tuple[Service, str]


def call(harp: httpx.Client, name: str, *data: Any) -> tuple[str, Any]:
    """Post a call, then read its events as HARP does: the line after "event: complete" or "event: error"."""
    posted = harp.post(f"/gradio_api/call/{name}", json={"data": list(data)})
    if posted.status_code != 200:
        return "refused", posted.json()["error"]
    lines = harp.get(f"/gradio_api/call/{name}/{posted.json()['event_id']}").text.splitlines()
    for line, after in zip(lines, lines[1:], strict=False):
        if line in ("event: complete", "event: error"):
            return line.removeprefix("event: "), json.loads(after.removeprefix("data:"))
    raise AssertionError(lines)


def upload(harp: httpx.Client) -> dict[str, Any]:
    (path,) = harp.post("/gradio_api/upload", files={"files": sound()["file"]}).json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_controls_are_a_card_with_inputs_and_outputs(hollow: Served) -> None:
    with client(hollow[1]) as harp:
        word, (about,) = call(harp, "controls")
    assert word == "complete" and set(about["card"]) == {"name", "description", "author", "tags"}
    assert [one["type"] for one in about["inputs"]] == ["audio_track", "text_box"]
    assert [one["type"] for one in about["outputs"]] == ["audio_track", "audio_track", "json"]
    assert all(one["label"] and one["info"] for one in about["inputs"] + about["outputs"])


def test_process_gives_the_sound_the_rest_and_labels(tiny: Served) -> None:
    with client(tiny[1]) as harp:
        word, (own, rest, labels) = call(harp, "process", upload(harp), "Dog")
        assert word == "complete"
        tracks = []
        for file in (own, rest):
            assert file["meta"]["_type"] == "gradio.FileData" and file["url"].startswith(tiny[1])
            tracks.append(soundfile.read(io.BytesIO(harp.get(file["url"]).content))[0])
        assert own["url"].endswith("/Dog.wav")
        mixture = soundfile.read(io.BytesIO(sound()["file"][1]))[0]
        assert np.abs(sum(tracks) - mixture).max() < 1e-4 and np.abs(tracks[0]).max() > 0.1
        assert labels["meta"]["_type"] == "pyharp.LabelList"
        (label,) = labels["labels"]
        assert label["label_type"] == "AudioLabel" and label["label"] == "Dog"
        assert abs(label["t"] - 1) < 0.3 and abs(label["duration"] - 1) < 0.5


def test_words_will_do(tiny: Served) -> None:
    with client(tiny[1]) as harp:
        word, (own, rest, _) = call(harp, "process", upload(harp), "dogs and rain")
        assert (
            word == "complete" and own["url"].endswith("/dogs and rain.wav") and rest["url"].endswith("/residual.wav")
        )
        assert harp.get(own["url"]).status_code == 200


def test_faults_are_told(tiny: Served) -> None:
    with client(tiny[1]) as harp:
        assert call(harp, "process", None, "Dog") == ("refused", "The first input is a recording; drop one into HARP.")
        word, sentence = call(harp, "process", {"path": "/etc/passwd"}, "Dog")
        assert word == "refused" and "no such recording" in sentence
        word, sentence = call(harp, "process", {"path": "x", "url": "http://127.0.0.1:1/x.wav"}, "Dog")
        assert word == "refused" and "no such recording" in sentence
        word, told = call(harp, "process", upload(harp), "qwertyuiop")
        assert word == "error" and "qwertyuiop" in told["error"]


def test_cancel_ends_what_harp_has_begun_and_nothing_else(hollow: Served) -> None:
    with client(hollow[1]) as harp:
        other = separate(harp, "hold.wav")
        posted = harp.post("/gradio_api/call/process", json={"data": [upload(harp), "Dog"]}).json()
        assert call(harp, "cancel") == ("complete", [])
        assert harp.get(f"/api/jobs/{posted['event_id']}").json()["state"] == "cancelled"
        assert harp.get(other["url"]).json()["state"] in ("waiting", "running")
        harp.delete(other["url"])
