"""How well a separator does while it learns: pairs of held-out clips, always the same ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.audio.energy import match_energy
from unweave.data.loudest import loudest_start
from unweave.data.store import Store
from unweave.training.losses import negative_snr

Estimate = Callable[[Tensor, Tensor, Tensor], Tensor]
LARGEST_FACTOR = 1e4  # nearly digital silence is not blown up any further


def loudest(store: Store, row: int, seconds: float) -> NDArray[np.float32]:
    """The loudest `seconds` of a clip, silence behind it if it is shorter; (T,)."""
    samples = round(seconds * store.sample_rate)
    wave = store.read(row, 0, max(samples, int(store.lengths[row])))
    start = loudest_start(wave, samples)
    return wave[start : start + samples]


class HeldOutPairs:
    """Mixtures of two clips without a common class, at equal energy, each cut where it is loudest.

    Args:
        store: the clips.
        each: pairs for every class.
        seconds: length of a mixture.
        splits: the first of these that has clips is used.
        most: pairs in all; classes are thinned out evenly beyond it.
    """

    def __init__(
        self,
        store: Store,
        each: int = 2,
        seconds: float = 2.0,
        splits: tuple[str, ...] = ("valid", "test"),
        most: int = 200,
    ) -> None:
        self.store, self.seconds = store, seconds
        rng = np.random.default_rng(0)
        self.pairs: list[tuple[int, int, int]] = []  # target, the other, class asked for
        found = ((split, store.members(split)) for split in splits)
        self.split, members = next(((s, m) for s, m in found if any(key >= 0 for key in m)), ("", {}))
        everyone = np.unique(np.concatenate([*members.values(), np.empty(0, np.int64)])).astype(int)
        for key in sorted(key for key in members if key >= 0):
            for target in rng.choice(members[key], each):
                mine = set(store.classes(int(target)))
                # A few draws find another class in any collection but one of a single class.
                draws = [int(row) for row in rng.choice(everyone, 20)]
                other = next((row for row in draws if not mine & set(store.classes(row))), None)
                if other is not None:
                    self.pairs.append((int(target), other, key))
        if len(self.pairs) > most:
            self.pairs = [self.pairs[i] for i in np.linspace(0, len(self.pairs) - 1, most).astype(int)]

    def __str__(self) -> str:
        """What figures are of: "90 pairs of 2 s from 30 clips of the part valid"."""
        clips = len({row for pair in self.pairs for row in pair[:2]})
        return f"{len(self.pairs)} pairs of {self.seconds:g} s from {clips} clips of the part {self.split}"

    @torch.no_grad()
    def measure(self, estimate: Estimate, batch: int = 16) -> dict[str, float]:
        """SDRi in dB: the mean over classes of the median, and the mean over mixtures.

        Args:
            estimate: mixtures (B, T), targets (B, T), classes asked for (B,) -> estimated targets (B, T).
            batch: B.
        """
        gains: dict[int, list[float]] = {}
        for i in range(0, len(self.pairs), batch):
            part = self.pairs[i : i + batch]
            first, second = (
                torch.from_numpy(np.stack([loudest(self.store, pair[side], self.seconds) for pair in part]))
                for side in (0, 1)
            )
            mixture = first + match_energy(first, second, LARGEST_FACTOR)
            asked = torch.tensor([key for _, _, key in part])
            estimated = estimate(mixture, first, asked).float().cpu()
            better = negative_snr(mixture, first, 0.0) - negative_snr(estimated, first, 0.0)
            for key, value in zip(asked.tolist(), better.tolist(), strict=True):
                gains.setdefault(key, []).append(value)
        if not gains:
            return {}
        return {
            "SDRi, mean over classes of median": float(np.mean([np.median(values) for values in gains.values()])),
            "SDRi, mean": float(np.mean([value for values in gains.values() for value in values])),
        }
