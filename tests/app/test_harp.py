"""The calls as HARP makes them (tests/support/harp.py), and the shapes that Gradio and pyharp give it."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import soundfile
from harp import Harp
from serving import client, separate, sound

from unweave.app.service import Service

Served = tuple[Service, str]
WAV = sound()["file"][1]
GRADIO = json.loads((Path(__file__).parents[1] / "data/harp/gradio-6.31.json").read_text(encoding="utf-8"))


def recorded(name: str) -> list[tuple[str, Any]]:
    """The events of a stream of Gradio's."""
    blocks = [block.split("\n") for block in GRADIO[name].strip().split("\n\n")]
    return [(event.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for event, data in blocks]


def test_a_stream_is_written_as_gradio_writes_it(hollow: Served) -> None:
    with client(hollow[1]) as other:
        for name in ("controls", "cancel"):
            event = other.post(f"/gradio_api/call/{name}", json={"data": []}).json()
            assert event.keys() == json.loads(GRADIO["call"]).keys()
            answer = other.get(f"/gradio_api/call/{name}/{event['event_id']}")
            assert answer.headers["content-type"] == GRADIO["content_type"]
            (word, told), (theirs, shape) = Harp(hollow[1]).call(name), recorded(name)[0]
            assert answer.text == f"event: {word}\ndata: {json.dumps(told)}\n\n"
            assert (word, len(told)) == (theirs, len(shape))
            assert [one.keys() for one in told] == [one.keys() for one in shape]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("typed", ["{}", "{}/"])
def test_controls_are_a_card_with_inputs_and_outputs(version: str, typed: str, hollow: Served) -> None:
    """`ModelCard`, `HarpAudioTrack`, `HarpTextBox` and `HarpJSON` of pyharp's core.py, as dictionaries."""
    word, (about,) = Harp(typed.format(hollow[1]), version).call("controls")
    assert word == "complete" and about.keys() == {"card", "inputs", "outputs"}
    card = about["card"]
    assert card.keys() == {"name", "description", "author", "tags"} and "category:separation" in card["tags"]
    track, text = {"label", "info", "required", "type"}, {"label", "info", "value", "type"}
    inputs, outputs = about["inputs"], about["outputs"]
    assert [(one["type"], one.keys()) for one in inputs] == [("audio_track", track), ("text_box", text)]
    assert [one["type"] for one in outputs] == ["audio_track", "audio_track", "json"]
    assert [one.keys() for one in outputs] == [track, track, {"label", "info", "type"}]
    assert all(isinstance(one["label"], str) and isinstance(one["info"], str) for one in inputs + outputs)
    assert isinstance(inputs[0]["required"], bool)


def test_process_gives_the_sound_the_rest_and_labels(tiny: Served) -> None:
    harp = Harp(tiny[1])
    word, (files, labels) = harp.process(harp.upload("street.wav", WAV), "Dog")
    assert word == "complete" and list(files) == ["Dog.wav", "residual.wav"]
    tracks = [soundfile.read(io.BytesIO(content))[0] for content in files.values()]
    mixture = soundfile.read(io.BytesIO(WAV))[0]
    assert np.abs(sum(tracks) - mixture).max() < 1e-4 and np.abs(tracks[0]).max() > 0.1
    (label,) = labels
    assert label["label"] == "Dog" and abs(label["t"] - 1) < 0.3 and abs(label["duration"] - 1) < 0.5
    keys = {"t", "label", "duration", "description", "color", "link", "label_type", "amplitude"}
    assert label.keys() == keys  # AudioLabel of pyharp's labels.py
    # HARP takes numbers and texts of these kinds alone, and passes over all others.
    kinds = {"t": float, "duration": float, "label": str, "description": str, "color": int}
    assert all(isinstance(label[key], kind) for key, kind in kinds.items())


def test_files_are_told_as_gradio_tells_them(tiny: Served) -> None:
    """The keys, and the address with its letters escaped, that Gradio gives for what a function returns."""
    harp = Harp(tiny[1], "1.0")
    path = harp.upload('my "street" über.wav', WAV)
    word, told = harp.call("process", json.dumps({"data": [{"path": path}, "dogs and rain"]}))
    assert word == "complete"
    own, rest, _ = told
    for file, name in ((own, "dogs and rain.wav"), (rest, "residual.wav")):
        theirs = recorded("process")[0][1][0]
        assert file.keys() == theirs.keys() and file["meta"] == theirs["meta"]
        assert file["url"].rpartition("/")[2] == quote(name) and "a%20dog" in theirs["url"]
        assert file["orig_name"] == name and file["is_stream"] is False
        assert file["url"].startswith(f"{tiny[1]}/gradio_api/file=") and " " not in file["url"]
        status, content = harp.request("GET", file["url"])
        assert status == 200 and len(content) == file["size"]
        with client(tiny[1]) as other:  # and by its path, as other clients of Gradio do
            assert other.get(f"/gradio_api/file={file['path']}").content == content


def test_faults_are_told(tiny: Served) -> None:
    harp = Harp(tiny[1])
    assert harp.process(None, "Dog") == ("refused", "The first input is a recording; drop one into HARP.")
    for data in ([{"path": "/etc/passwd"}, "Dog"], [{"path": "x", "url": "http://127.0.0.1:1/x.wav"}, "Dog"]):
        word, sentence = harp.call("process", json.dumps({"data": data}))
        assert word == "refused" and "no such recording" in sentence
    path = harp.upload("street.wav", WAV)
    word, sentence = harp.process(path, "qwertyuiop")
    assert word == "error" and "qwertyuiop" in sentence
    word, sentence = harp.call("process", json.dumps({"data": [{"path": path}, 3]}))
    assert word == "refused" and "text" in sentence
    assert harp.request("POST", f"{tiny[1]}/gradio_api/call/nothing", body=b"{}")[0] == 404


def test_cancel_ends_what_harp_has_begun_and_nothing_else(hollow: Served) -> None:
    harp = Harp(hollow[1])
    with client(hollow[1]) as other:
        job = separate(other, "hold.wav")
        told: list[object] = []
        path = harp.upload("hold.wav", WAV)
        waiting = threading.Thread(target=lambda: told.append(harp.process(path, "Dog")))
        waiting.start()
        while not (words := harp.call("cancel")) == ("complete", []) or waiting.is_alive():
            assert words == ("complete", [])
            waiting.join(0.05)
        assert told == [("error", "Cancelled.")]
        assert other.get(job["url"]).json()["state"] in ("waiting", "running")
        other.delete(job["url"])
