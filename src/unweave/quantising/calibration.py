"""What flows into a model's networks: pairs of sounds are mixed, one of them is asked for, calls are recorded."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.audio.energy import match_energy
from unweave.audio.io import open_audio
from unweave.audio.resampling import resample
from unweave.data.loudest import loudest_start
from unweave.errors import UnweaveError
from unweave.inference.query import example_files
from unweave.inference.segmenting import Grid
from unweave.inference.tagging import downmix
from unweave.model import Model
from unweave.separators.base import Separator
from unweave.taggers.base import Tagger

Sound = NDArray[np.float32]
Calls = dict[str, dict[str, list[list[Tensor]]]]
LONGEST_SECONDS = 60.0  # of a file that is read
LOUDEST_FACTOR = 100.0  # nearly silent sounds are not blown up any further


def recorded_calls(model: Model, sounds: Sequence[Sound]) -> Calls:
    """The arguments of every call of a trunk while the first of two sounds is taken out of both, pair by pair.

    Args:
        model: with a tagger, on the CPU, run by no engine.
        sounds: an even number of them, (T,) each, a segment at the model's rate.

    Returns:
        By part ("tagger", "separator") and trunk, for each call, one row (1, ...) of each tensor.
    """
    assert model.tagger is not None
    networks: dict[str, Tagger | Separator] = {"tagger": model.tagger, "separator": model.separator}
    calls: Calls = {role: {name: [] for name in network.trunks} for role, network in networks.items()}

    def watch(role: str, name: str) -> None:
        plain = getattr(networks[role], name)

        def call(*tensors: Tensor) -> Any:
            calls[role][name].append([tensor.clone() for tensor in tensors])
            return plain(*tensors)

        setattr(networks[role], name, call)

    for role, network in networks.items():
        for name in network.trunks:
            watch(role, name)
    try:
        with torch.inference_mode():
            for wanted, other in zip(sounds[::2], sounds[1::2], strict=True):
                mixture = torch.from_numpy(wanted + match_energy(wanted, other, LOUDEST_FACTOR))
                if model.tagger.trunks:
                    model.tagger(mixture[None])  # it hears the whole as well as what is asked for
                model(mixture[None, None], torch.from_numpy(wanted)[None])
    finally:
        for network in networks.values():
            for name in network.trunks:
                delattr(network, name)
    return calls


def sounds_of(folder: Path, model: Model, count: int, seed: int = 0) -> list[Sound]:
    """The loudest segments of files under a folder, each file once before any comes again.

    Args:
        folder: searched to the bottom; what is no sound or silent is passed over.
        model: whose rate and segments.
        count: how many sounds.
        seed: of the choice.

    Raises:
        UnweaveError: the folder holds no two sounds.
    """
    if not folder.is_dir():
        raise UnweaveError(f"{folder} is no folder; give one with recordings to calibrate on.")
    files = example_files(folder)
    random.Random(seed).shuffle(files)
    found: list[Sound] = []
    for file in files:
        sound = _loudest(file, model)
        if sound is not None:
            found.append(sound)
        if len(found) == count:
            break
    if len(found) < 2:
        raise UnweaveError(f"{folder} holds fewer than two recordings that can be read; give a folder with more.")
    return [found[i % len(found)] for i in range(count)]


def made_up_sounds(model: Model, count: int, seed: int = 0) -> list[Sound]:
    """Sounds for when there are no recordings: harmonics and coloured noise that come and go, at several levels."""
    return list(_made_up(model, count, np.random.default_rng(seed)))


def _made_up(model: Model, count: int, rng: np.random.Generator) -> Iterator[Sound]:
    size = Grid.of(model).segment
    time, spectrum = np.arange(size) / model.sample_rate, np.fft.rfftfreq(size)
    for number in range(count):
        if number % 2:
            colour = np.maximum(spectrum, spectrum[1]) ** -rng.uniform(0, 1)
            sound = np.fft.irfft(np.fft.rfft(rng.standard_normal(size)) * colour, size)
        else:
            pitch, overtones = 2 ** rng.uniform(6, 11), np.arange(1, 13)
            overtones = overtones[overtones * pitch < model.sample_rate / 2]
            waves = np.sin(2 * np.pi * (pitch * overtones[:, None] * time + rng.random((len(overtones), 1))))
            sound = (waves / overtones[:, None] ** rng.uniform(0.5, 2)).sum(0)
        gate = np.sin(np.pi * (rng.uniform(0.5, 4) * time + rng.random())) ** 2
        sound = sound * gate / np.abs(sound).max()
        yield (sound * 10 ** rng.uniform(-2, -0.3)).astype(np.float32)


def _loudest(file: Path, model: Model) -> Sound | None:
    blocks, samples = [], 0
    try:
        with open_audio(file) as recording:
            rate = recording.sample_rate
            for block in recording.blocks(rate):
                blocks.append(downmix(block))
                samples += block.shape[1]
                if samples >= LONGEST_SECONDS * rate:
                    break
    except UnweaveError:
        return None
    if not blocks:
        return None
    wave = resample(np.concatenate(blocks)[None], rate, model.sample_rate)[0]
    size = Grid.of(model).segment
    start = loudest_start(wave, size)
    piece = wave[start : start + size]
    return np.pad(piece, (0, size - len(piece))) if piece.any() else None
