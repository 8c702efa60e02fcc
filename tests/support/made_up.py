"""A workshop for servers in tests, there at once: without a model, it does what the name of a recording says."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from unweave.app.worker import Tell, Works
from unweave.errors import UnweaveError

RATE = 8000


def made_up(arguments: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Two tracks of zeros; "hold" waits for ever and hears of its end, "stubborn" hears nothing, "die" dies."""
    name = Path(arguments["name"])
    while name.stem == "hold":
        tell(1, 4, "listening")
        time.sleep(0.01)
    while name.stem == "stubborn":
        time.sleep(60)
    if name.stem == "die":
        os._exit(3)
    if name.stem == "fault":
        raise RuntimeError("of the program")
    place = Path("../out", name.stem, "sounds")
    place.mkdir(parents=True)
    tracks = []
    for number, track in enumerate(("Dog", "residual")):
        soundfile.write(place / f"{track}.wav", np.zeros(RATE, np.float32), RATE)
        Path(f"../peaks-{number}.json").write_text("{}")
        tracks.append({"file": f"sounds/{track}.wav", "name": track})
    return {"warnings": [], "tracks": tracks}


def listened(arguments: dict[str, Any], tell: Tell) -> None:
    Path("../events.json").write_text(json.dumps({"auto": [], "levels": {}, "classes": []}))


def open_made_up() -> tuple[Any, Works]:
    about = {"model": "made-up", "levels": 6, "classes": []}
    return about, {"separate": made_up, "listen": listened, "change": made_up}


def no_model() -> tuple[Any, Works]:
    raise UnweaveError("There is no model at nowhere.")
