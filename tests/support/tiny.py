"""A model that can be reasoned about: it hears four bands of frequency and separates them by ideal filters."""

from __future__ import annotations

import threading

import numpy as np
import torch
from torch import Tensor

from unweave.model import Model
from unweave.separators.base import Encoding, Separator, separators
from unweave.settings import ModelSettings
from unweave.taggers.base import Tagger, Tags, taggers

RATE = 8000
EDGES = (0, 700, 1500, 2500, 4001)  # Hz
NAMES = ("Speech", "Dog", "Siren", "Rain")
TONES = (440, 1100, 2000, 3200)  # Hz, one in each band
INDEXES = (0, 74, 396, 289)
FRAMES = 20


def bands(waveform: Tensor) -> Tensor:
    """(B, T) -> (B, 4, T): the four bands, which add up to the waveform."""
    spectrum = torch.fft.rfft(waveform)
    hertz = torch.linspace(0, RATE / 2, spectrum.shape[1])
    parts = [
        torch.fft.irfft(spectrum * ((hertz >= low) & (hertz < high)), n=waveform.shape[1])
        for low, high in zip(EDGES, EDGES[1:], strict=False)
    ]
    return torch.stack(parts, dim=1)


@taggers.register("tiny")
class TinyTagger(Tagger):
    """The probability of a class is its band's share of the energy; frames likewise."""

    sample_rate = RATE
    classes = 527
    embedding_dim = 4
    frame_rate = 10.0

    def __init__(self, detector: bool = True) -> None:
        super().__init__()
        self.detector = detector
        self.heard = 0
        self.counting = threading.Lock()
        self.weight = torch.nn.Parameter(torch.zeros(2, 2))

    def forward(self, waveform: Tensor) -> Tags:
        with self.counting:
            self.heard += len(waveform)
        energy = bands(waveform).square()  # (B, 4, T)
        share = energy.sum(2) / energy.sum((1, 2))[:, None].clamp_min(1e-9)
        length = energy.shape[2] // FRAMES * FRAMES
        local = energy[:, :, :length].unflatten(2, (FRAMES, -1)).mean(3)  # (B, 4, F)
        local = (local / local.sum(1, keepdim=True).clamp_min(1e-9)) * (local.sum(1, keepdim=True) > 1e-5)
        clip = waveform.new_zeros(len(waveform), self.classes)
        clip[:, list(INDEXES)] = share
        frames = waveform.new_zeros(len(waveform), FRAMES, self.classes)
        frames[:, :, list(INDEXES)] = local.transpose(1, 2)
        return Tags(clip, frames if self.detector else None, share)


@separators.register("tiny")
class TinySeparator(Separator):
    """Bands weighted by the condition; `identity` returns the mixture whatever is asked."""

    sample_rate = RATE

    def __init__(self, identity: bool = False, condition_dim: int = 527) -> None:
        super().__init__()
        self.identity, self.condition_dim = identity, condition_dim
        self.encoded = self.decoded = 0
        self.counting = threading.Lock()

    def encode(self, mixture: Tensor) -> Encoding:
        with self.counting:
            self.encoded += len(mixture)
        return Encoding({"mixture": mixture, "bands": bands(mixture)}, mixture.shape[1])

    def decode(self, encoding: Encoding, condition: Tensor) -> Tensor:
        with self.counting:
            self.decoded += len(condition)
        if self.identity:
            return encoding.tensors["mixture"].clone()
        weights = condition[:, list(INDEXES)] if self.condition_dim == 527 else condition
        weights = weights / weights.amax(1, keepdim=True).clamp_min(1e-9)
        return (encoding.tensors["bands"] * weights[:, :, None]).sum(1)


def tiny_model(
    identity: bool = False, detector: bool = True, condition: str = "soft", normalise: bool = True, **settings: object
) -> Model:
    from unweave.conditions import conditions

    arguments: dict[str, object] = {"dim": 527, "normalise": normalise} if condition == "soft" else {}
    if condition == "embedding":
        arguments = {"dim": 4}
    dim = 4 if condition == "embedding" else 527
    spec = {
        "tagger": {"name": "tiny", "arguments": {"detector": detector}},
        "condition": {"name": condition, "arguments": arguments},
        "separator": {"name": "tiny", "arguments": {"identity": identity, "condition_dim": dim}},
    }
    return Model(
        taggers.build("tiny", detector=detector),
        conditions.build(condition, **arguments),
        separators.build("tiny", identity=identity, condition_dim=dim),
        settings=ModelSettings(**{"name": "tiny", "segment_seconds": 1.0, "overlap_seconds": 0.25, **settings}),  # type: ignore[arg-type]
        spec=spec,
    )


def tones(seconds: float, rate: int = RATE, spans: dict[int, tuple[float, float]] | None = None) -> np.ndarray:
    """A (1, T) mixture of the bands' tones, each within its span in s."""
    time = np.arange(round(seconds * rate)) / rate
    spans = {0: (0, seconds)} if spans is None else spans
    parts = [0.2 * np.sin(2 * np.pi * TONES[b] * time) * ((time >= s) & (time < e)) for b, (s, e) in spans.items()]
    return np.sum(parts, axis=0, dtype=np.float64)[None].astype(np.float32)
