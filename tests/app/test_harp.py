"""The calls as HARP makes them (tests/support/harp.py), and the shapes that Gradio and pyharp give it."""

from __future__ import annotations

import io
import json
import threading

import numpy as np
import pytest
import soundfile
from harp import Harp
from serving import client, separate, sound

from unweave.app.service import Service

Served = tuple[Service, str]
WAV = sound()["file"][1]


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
    """The keys and the address that Gradio 6.31 gives for what a function returns (FileData)."""
    harp = Harp(tiny[1], "1.0")
    path = harp.upload('my "street" über.wav', WAV)
    word, told = harp.call("process", json.dumps({"data": [{"path": path}, "dogs and rain"]}))
    assert word == "complete"
    own, rest, _ = told
    for file, name in ((own, "dogs and rain.wav"), (rest, "residual.wav")):
        keys = {"path", "url", "size", "orig_name", "mime_type", "is_stream", "meta"}
        assert file.keys() == keys and file["meta"] == {"_type": "gradio.FileData"}
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
