"""What `fuzz.py` throws at Unweave: sound files, folders of models, options and arrays, each damaged by a seed.

A subject is made in a folder of its own and used in a process of its own. It says what must hold if it is not refused.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from safetensors.torch import load_file, save_file

from unweave.conditions import conditions
from unweave.model import Model
from unweave.ontology import Ontology
from unweave.pretrained.layouts_networks import panns_layout
from unweave.pretrained.load import load_model
from unweave.pretrained.saving import save
from unweave.separators import separators
from unweave.taggers import taggers

RATE = 32000
CLASSES = ["kettle", "drill", "bell"]
SPEC: dict[str, dict[str, Any]] = {
    "tagger": {"name": "small", "arguments": {"classes": 3, "widths": [4, 4, 4, 4, 4]}},
    "condition": {"name": "soft", "arguments": {"dim": 3, "normalise": True}},
    "separator": {
        "name": "small",
        "arguments": {"condition_dim": 3, "widths": [4, 4], "window_size": 512, "hop": 128, "patch": [8, 2],
                      "strides": [[2, 2]], "hidden": 4},
    },
}  # fmt: skip
NASTY: list[Any] = [
    None, True, False, 0, -1, 1, 2, 3, 7, 64, 65537, 10**9, 2**31, 2**63, 10**40, -(10**9), 0.0, 0.5, -0.5, 1.5,
    1e-300, 1e300, float("inf"), float("-inf"), float("nan"), "", " ", "0", "kettle", "Dog", "..", "../..",
    "/etc/passwd", "a\nb", "\x1b[31m", "%s%n", "é" * 300, "x" * 30_000, "CON", "small", "panns-cnn14", "weights",
    [], [0], [1, 2, 3], [[]], [[1, 1]] * 4, ["a", "b"], [float("nan")], [10**9] * 5, {}, {"a": 1},
    {"weights": "/etc/passwd"}, {"name": "small"},
]  # fmt: skip
Act = Callable[[], None]


def tiny() -> Model:
    """A model that is quick and as large as nothing."""
    torch.manual_seed(0)
    parts: list[Any] = [
        registry.build(part["name"], **part["arguments"])
        for registry, part in zip((taggers, conditions, separators), SPEC.values(), strict=True)
    ]
    return Model(*parts, Ontology.flat(CLASSES), {"name": "own", "threshold": 0.0, "known": [0, 1, 2]}, {}, SPEC)


def use(model: Model, folder: Path) -> None:
    """From a file to files, once: what is imported here is not imported anew in the process of every trial."""
    soundfile.write(folder / "silence.wav", np.zeros(4000), 44100)
    model.separate_file(folder / "silence.wav", folder, classes=CLASSES)


def sound(chance: random.Random, samples: int, channels: int = 1) -> np.ndarray:
    """Noise and a tone, (T, C)."""
    noise = np.random.default_rng(chance.randrange(2**32))
    tone = np.sin(np.arange(samples) * 0.05 * (1 + chance.random()))[:, None]
    return (0.1 * noise.standard_normal((samples, channels)) + 0.2 * tone).astype(np.float32)


def check_tracks(audio: np.ndarray, tracks: list[Any]) -> None:
    """What is promised of any recording: same shape, finite, and adds up; (C, T)."""
    assert tracks and all(track.audio.shape == audio.shape for track in tracks), "another shape"
    total = np.sum([track.audio for track in tracks], axis=0, dtype=np.float64)
    assert np.isfinite(total).all(), "not finite"
    wanted = np.nan_to_num(audio, nan=0.0, posinf=0.0, neginf=0.0)
    assert np.abs(total - wanted).max() <= 1e-4 * max(1.0, np.abs(wanted).max()), "does not add up"


def a_file(chance: random.Random, folder: Path, model: Model) -> Act:
    """A damaged sound file, separated into a folder."""
    kinds = [
        kind
        for kind in ("WAV", "FLAC", "OGG", "MP3", "AIFF", "AU", "W64", "CAF")
        if kind in soundfile.available_formats()
    ]
    kind, channels = chance.choice(kinds), chance.choice([1, 1, 2, 6])
    data = encoded(chance, kind, 2 if kind == "MP3" and channels == 6 else channels)
    for _ in range(chance.choice([1, 1, 2, 5])):
        data = damaged(chance, data, lambda: encoded(chance, kind, 1))
    ending = chance.choice([kind.lower(), kind.lower(), "wav", "mp3", "mp4", "", "ogg"])
    path = folder / (f"sound.{ending}" if ending else "sound")
    path.write_bytes(data)

    def act() -> None:
        report = model.separate_file(path, folder / "out", classes=["kettle"], overwrite=True)
        written = {file.resolve() for file in (folder / "out").rglob("*.wav")}
        assert len(written) == 2 and report.folder.is_dir()
        for file in written:
            values, _ = soundfile.read(file)
            assert np.isfinite(values).all(), "not finite"

    return act


def encoded(chance: random.Random, kind: str, channels: int) -> bytes:
    """A sound file of less than a second."""
    file = io.BytesIO()
    rate = chance.choice([8000, 16000, 44100])
    soundfile.write(file, sound(chance, chance.randrange(1, 20_000), channels), rate, format=kind)
    return file.getvalue()


def damaged(chance: random.Random, data: bytes, other: Callable[[], bytes]) -> bytes:
    """Bytes with one fault: flipped, cut, doubled, emptied, moved, joined with others, numbers of a header changed."""
    raw = bytearray(data)
    at, length = chance.randrange(len(raw) + 1), chance.choice([1, 4, 64, 4096])
    how = chance.choice(["flip", "cut", "double", "empty", "drop", "join", "header", "header", "noise", "begin"])
    if how == "flip" and at < len(raw):
        raw[at] ^= 1 << chance.randrange(8)
    elif how == "cut":
        del raw[at:]
    elif how == "double":
        raw[at:at] = raw[at : at + length]
    elif how == "empty":
        raw[at : at + length] = bytes(len(raw[at : at + length]))
    elif how == "drop":
        del raw[at : at + length]
    elif how == "join":
        raw += other()
    elif how == "begin":
        raw[: chance.choice([1, 4, 12, 44])] = b""
    elif how == "header":
        place = chance.randrange(min(64, len(raw)) + 1)
        value = chance.choice([0, 1, 2**7, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1])
        raw[place : place + 4] = value.to_bytes(4, chance.choice(["little", "big"]))
    else:
        raw[at : at + length] = chance.randbytes(length)
    return bytes(raw)


def a_model(chance: random.Random, folder: Path, model: Model) -> Act:
    """A folder of a model, or a published file, with faults; loaded, and used if it is taken."""
    if chance.random() < 0.25:
        path = folder / "published.pth"
        torch.save({"model": published(chance)}, path, _use_new_zipfile_serialization=chance.random() < 0.7)
        path.write_bytes(damaged(chance, path.read_bytes(), lambda: b"PK\x05\x06" + bytes(18)))
    else:
        path = save(model, folder / "model")
        description, weights = path / "model.json", path / "model.safetensors"
        for _ in range(chance.choice([1, 1, 2, 4])):
            where = chance.random()
            if where < 0.7:
                plain = changed(chance, json.loads(description.read_text("utf-8")))
                description.write_text(json.dumps(plain), "utf-8", errors="surrogatepass")
            elif where < 0.8:
                description.write_bytes(damaged(chance, description.read_bytes(), lambda: b"{}"))
                break
            elif where < 0.9:
                weights.write_bytes(damaged(chance, weights.read_bytes(), lambda: b"{}"))
                break
            else:
                state = load_file(weights)
                name = chance.choice(sorted(state))
                state[name] = chance.choice([torch.zeros(3), torch.full_like(state[name], 10**4), state[name].half()])
                save_file(state, weights)
                break

    def act() -> None:
        loaded = load_model(path, "cpu", backend="eager")
        audio = sound(random.Random(0), 20_000).T
        total = sum(track.audio for track in loaded.separate(audio, RATE, level=1))
        assert np.shape(total) == audio.shape
        source = folder / "x.wav"
        soundfile.write(source, audio.T, RATE)
        loaded.separate_file(source, folder / "out")
        tracks = [file for file in (folder / "out" / "x").rglob("*.wav")]
        assert len(tracks) == len(json.loads((folder / "out" / "x" / "tracks.json").read_text("utf-8"))["tracks"])

    return act


def published(chance: random.Random) -> dict[str, torch.Tensor]:
    """A published layout in which each tensor is one number, repeated; perhaps with an absurd shape."""
    layout = panns_layout("CNN6", "panns-cnn6", blocks=4, convolutions=1)
    shapes = {name: tuple(value.shape) for name, value in taggers.build("panns-cnn6").state_dict().items()}
    state = {theirs: torch.zeros(()).expand(shapes[ours]) for theirs, ours in layout.keys.items()}
    if chance.random() < 0.7:
        name = chance.choice(sorted(state))
        shape = [chance.choice([0, 1, size, size + 1, 10**5, 10**9]) for size in state[name].shape]
        state[name] = torch.zeros(()).expand(shape)
    return state


def changed(chance: random.Random, plain: Any) -> Any:
    """Plain data with one place changed: another value, a name that is missing, twice or new."""
    places: list[tuple[Any, Any]] = []
    waiting = [plain]
    while waiting:
        here = waiting.pop()
        pairs = list(here.items() if isinstance(here, dict) else enumerate(here))
        places += [(here, key) for key, _ in pairs]
        waiting += [value for _, value in pairs if isinstance(value, (dict, list))]
    here, key = chance.choice(places)
    how = chance.random()
    if how < 0.1:
        del here[key]
    elif how < 0.2 and isinstance(here, dict):
        here[chance.choice(["", "name", "self", "kwargs", "weights", "schema", "x" * 200])] = here[key]
    elif how < 0.3 and isinstance(here[key], str):
        here[key] = here[key] + chance.choice(["\0", "/..", "\n", " ", "\ud800", "\u202e"])
    else:
        here[key] = chance.choice(NASTY)
    return plain


def options(chance: random.Random, folder: Path, model: Model) -> Act:
    """A recording that is in order, asked in strange ways."""
    audio = sound(chance, 8000, 2).T
    soundfile.write(folder / "example.wav", audio[0], RATE)
    good: dict[str, list[Any]] = {
        "level": [1, [1], 2], "classes": ["kettle", 0, ["bell", "drill"], [2, 2]], "threshold": [0, 0.5, 1],
        "query": [str(folder / "example.wav"), folder / "example.wav", [folder / "example.wav"] * 2, folder],
        "max_tracks": [1, 5], "batch": [1, 3], "residual": [True], "span": [(0.0, 0.1), "0-0.1"], "text": ["a bell"],
        "progress": [lambda done, total, what: None],
    }  # fmt: skip
    rare = ("span", "text")
    asked = {
        key: chance.choice(values) for key, values in good.items() if chance.random() < (0.05 if key in rare else 0.25)
    }
    for key in chance.sample(sorted(good), chance.choice([0, 1, 1, 2])):
        asked[key] = chance.choice(NASTY)
    asked.pop("progress", None) if not callable(asked.get("progress", print)) else None
    (folder / "asked.txt").write_text(ascii(asked), "utf-8")

    def act() -> None:
        tracks = model.separate(audio, RATE, **asked)
        groups = {track.level for track in tracks}
        if len(groups) == 1 and asked.get("residual", True) is True and "classes" not in asked and "query" not in asked:
            check_tracks(audio, tracks)

    return act


def array(chance: random.Random, folder: Path, model: Model) -> Act:
    """Samples of any type, shape and value, at any rate."""
    shape = chance.choice(
        [(5000,), (1, 5000), (2, 5000), (5000, 2), (1, 1), (0,), (2, 0), (64, 700), (65, 700), (1, 1, 9), ()]
    )
    kind = chance.choice(
        ["f4", "f4", "f4", "f8", "f8", "f2", ">f4", "i2", "i4", "u1", "i1", "i8", "u2", "c8", "?", "O", "M8[s]"]
    )
    values = np.random.default_rng(chance.randrange(2**32)).standard_normal(shape) * chance.choice(
        [0, 1e-30, 0.1, 1, 1e3]
    )
    with np.errstate(all="ignore"):
        whole = kind[-2] in "iu" if len(kind) > 1 else False
        audio: Any = np.asarray(values * (100 if whole else 1)).astype("i8" if kind == "M8[s]" else "f8").astype(kind)
    if audio.dtype.kind == "f" and audio.size and chance.random() < 0.3:
        audio.flat[chance.randrange(audio.size)] = chance.choice([np.nan, np.inf, -np.inf, 6e4])
    rate = chance.choice([RATE, RATE, 8000, 44100, 100, 1_000_000] if chance.random() < 0.8 else NASTY)
    if chance.random() < 0.1:
        audio = chance.choice(NASTY)
    (folder / "asked.txt").write_text(f"{kind} {shape} {ascii(rate)} {ascii(audio)[:500]}", "utf-8")

    def act() -> None:
        tracks = model.separate(audio, rate, level=1)
        if isinstance(audio, np.ndarray) and audio.dtype.kind == "f":
            check_tracks(np.atleast_2d(audio).astype(np.float32), tracks)

    return act


KINDS: dict[str, Callable[[random.Random, Path, Model], Act]] = {
    "files": a_file, "models": a_model, "options": options, "arrays": array,
}  # fmt: skip
