"""The sounds of a scene, each by itself, as they are heard in it: at their time and level, in their place and room."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.evaluation.items import Scene, SceneEvent
from unweave.evaluation.mixtures import read_stretch

Samples = NDArray[np.float32]
FADE_SECONDS = 0.5  # in which a bed that is repeated goes over into itself
EDGE_SECONDS = 0.005  # fades at the ends of a piece, so that a cut does not click
DIRECT_SECONDS = 0.01  # before the room answers
WET = 0.5  # energy of the room's answer over that of the sound itself


def scene_stems(scene: Scene, root: Path, sample_rate: int) -> dict[str, Samples]:
    """What each sound of a scene adds to it; the stems add up to the scene.

    Args:
        scene: its events; those of one `sound` are one stem.
        root: the folder that paths of pieces start from.
        sample_rate: in Hz.

    Shape:
        -> (C, T) each, by the name of the sound, or the number of an event without one

    Raises:
        UnweaveError: a file is not there or cannot be read.
    """
    length = round(scene.seconds * sample_rate)
    stems: dict[str, Samples] = {}
    for number, event in enumerate(scene.events):
        stem = stems.setdefault(sound_of(event, number), np.zeros((scene.channels, length), np.float32))
        wave = _heard(event, scene, number, root, sample_rate)
        first = round(event.at * sample_rate)
        here = stem[:, first : first + wave.shape[1]]
        here += wave[:, : here.shape[1]]
    return stems


def sound_of(event: SceneEvent, number: int) -> str:
    """The name of the stem that an event is part of."""
    return event.sound or f"event {number}"


def _heard(event: SceneEvent, scene: Scene, number: int, root: Path, rate: int) -> Samples:
    mono = scene.channels == 1 or event.pan is not None
    dry, _ = read_stretch(root, event.piece, rate, mono=mono)
    dry = dry * np.float32(10 ** (event.gain / 20))
    if event.fill:
        dry = _filled(dry, round((scene.seconds - event.at) * rate), round(FADE_SECONDS * rate))
    edge = np.sin(np.linspace(0, np.pi / 2, min(round(EDGE_SECONDS * rate), dry.shape[1] // 2))) ** 2
    dry[:, : len(edge)] *= edge
    dry[:, dry.shape[1] - len(edge) :] *= edge[::-1]
    if scene.channels == 2 and event.pan is not None:
        angle = (event.pan + 1) * np.pi / 4
        wave = np.array([[np.cos(angle)], [np.sin(angle)]]) * np.sqrt(2) * dry
    else:
        wave = np.repeat(dry, scene.channels, axis=0) if len(dry) == 1 else dry
    if event.room:
        seed = hashlib.sha256(f"{scene.id} {number}".encode()).digest()[:8]
        wave = _in_room(wave, event.room, rate, np.random.default_rng(int.from_bytes(seed, "little")))
    return np.ascontiguousarray(wave, np.float32)


def _filled(wave: Samples, length: int, fade: int) -> Samples:
    """A piece again and again, each time faded over into the next by equal power."""
    fade = min(fade, wave.shape[1] // 2)
    up = np.sin(np.linspace(0, np.pi / 2, fade)).astype(np.float32)
    looped = np.zeros((len(wave), length + wave.shape[1]), np.float32)
    for start in range(0, max(length, 1), max(1, wave.shape[1] - fade)):
        piece = wave.copy()
        if start:
            piece[:, :fade] *= up
        piece[:, wave.shape[1] - fade :] *= up[::-1]
        looped[:, start : start + wave.shape[1]] += piece
    return looped[:, :length]


def _in_room(wave: NDArray[np.floating], seconds: float, rate: int, rng: np.random.Generator) -> NDArray[np.floating]:
    """With the answer of a room behind it: noise that has fallen by 60 dB after `seconds`, another in each channel."""
    time = np.arange(round(seconds * rate)) / rate
    tail = rng.standard_normal((len(wave), len(time))) * 10 ** (-3 * time / seconds)
    tail *= np.sqrt(WET / np.square(tail).sum(1, keepdims=True).clip(1e-12))
    size = wave.shape[1] + len(time) - 1
    wet = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(tail, size), size)
    late = round(DIRECT_SECONDS * rate)
    out = np.zeros((len(wave), wet.shape[1] + late))
    out[:, late:] = wet
    out[:, : wave.shape[1]] += wave
    return out
