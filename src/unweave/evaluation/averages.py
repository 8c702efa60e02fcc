"""Conditions from example sounds of a label: the average over them (equation 9 of the paper), or a single one."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import astuple
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.audio.resampling import resample
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Piece
from unweave.evaluation.mixtures import read_piece
from unweave.inference.query import sound_segments
from unweave.model import Model

Samples = NDArray[np.float32]
SMALLEST = 1e-6  # weight of an example
LONGEST = 600.0  # s of an example; more of the same sound says nothing new


class Averages:
    """Asked for a label, hears its examples; each label is heard once and kept.

    Args:
        model: with a tagger and a condition.
        benchmark: whose examples are heard.
        folder: keeps the averages, so that a run that goes on need not hear them again; None for nowhere.
        batch: segments that the tagger hears at once.
    """

    def __init__(self, model: Model, benchmark: Benchmark, folder: Path | None = None, batch: int = 8) -> None:
        self.model, self.benchmark, self.folder, self.batch = model, benchmark, folder, batch
        self._known: dict[str, Tensor | None] = {}

    @property
    def there(self) -> bool:
        """Whether the benchmark has any example."""
        return any(self.benchmark.examples.values())

    def of_segments(self, segments: Samples) -> Tensor:
        """The mean of the conditions of segments (I, T) at the model's rate, (D,)."""
        return self._of_segments(segments)[0]

    @torch.inference_mode()
    def _of_segments(self, segments: Samples) -> tuple[Tensor, Tensor]:
        """The same, and the mean of what the tagger hears in them, (K,)."""
        assert self.model.tagger is not None and self.model.condition is not None
        rows, heard = [], []
        for first in range(0, len(segments), self.batch):
            group = torch.from_numpy(segments[first : first + self.batch]).to(self.model.device)
            tags = self.model.tagger(group)
            rows.append(self.model.condition(tags, group).float())
            heard.append(tags.clip.float())
        return torch.cat(rows).mean(dim=0), torch.cat(heard).mean(dim=0)

    def average(self, label: str) -> Tensor | None:
        """The mean over the label's examples, (D,); None if there is none that can be heard."""
        if label not in self._known:
            self._known[label] = self._kept(label)
        return self._known[label]

    def weighted(self, label: str, mask: NDArray[np.bool_]) -> Tensor | None:
        """The mean over the label's examples, each weighted by how sure the tagger is that it holds the classes, (D,).

        An anchor that was mined where its class cannot be heard then says little, and one in which another class is
        louder less than one of the class alone. The paper weights all alike.

        Args:
            label: whose examples they are.
            mask: its classes, (K,); the surest of them counts.
        """
        heard = [one for piece in self.benchmark.examples.get(label, ()) if (one := self._heard(piece)) is not None]
        if not heard:
            return None
        chosen = torch.from_numpy(mask).to(heard[0][1].device)
        weights = torch.stack([clip[chosen].amax() for _, clip in heard]).clamp(min=SMALLEST)
        return torch.einsum("n,nd->d", weights, torch.stack([vector for vector, _ in heard])) / weights.sum()

    def example(self, label: str, item: str) -> Tensor | None:
        """The condition of one example, drawn by the item's name, (D,); None if there is none that can be heard."""
        examples = list(self.benchmark.examples.get(label, ()))
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(item.encode()).digest()[:8], "little"))
        for place in rng.permutation(len(examples)):
            if (vector := self._hear(examples[place])) is not None:
                return vector
        return None

    def _kept(self, label: str) -> Tensor | None:
        path = None if self.folder is None else self.folder / f"{self._mark(label)}.npy"
        if path is not None and path.exists():
            return torch.from_numpy(np.load(path, allow_pickle=False)).to(self.model.device)
        heard = [self._hear(piece) for piece in self.benchmark.examples.get(label, ())]
        vectors = [vector for vector in heard if vector is not None]
        if not vectors:
            return None
        mean = torch.stack(vectors).mean(dim=0)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(f".{os.getpid()}.part")
            with open(beside, "wb") as file:
                np.save(file, mean.cpu().numpy())
            beside.replace(path)
        return mean

    def _mark(self, label: str) -> str:
        """Tells the average of one label over some examples from all others."""
        pieces = [[*astuple(piece)] for piece in self.benchmark.examples.get(label, ())]
        return hashlib.sha256(json.dumps([label, pieces]).encode()).hexdigest()[:16]

    def _hear(self, piece: Piece) -> Tensor | None:
        """The condition of one example; None if it cannot be read or is silent."""
        heard = self._heard(piece)
        return None if heard is None else heard[0]

    def _heard(self, piece: Piece) -> tuple[Tensor, Tensor] | None:
        """The same, and what the tagger hears in it."""
        try:
            sound, rate = read_piece(self.benchmark, piece)
        except UnweaveError:
            return None
        mono = sound.mean(axis=0, keepdims=True)[:, : round(LONGEST * rate)]
        segments = sound_segments(self.model, resample(mono, rate, self.model.sample_rate)[0], self.model.sample_rate)
        return self._of_segments(segments) if len(segments) else None
