r"""Wake up classes that a separator answers with silence though it has learnt them from clips.

    python benchmarks/revive.py MODEL STORE -o OUT

While many classes are learnt at once, a name now and then ends where every mask is shut: no gradient opens it again.
Each class is asked for in mixtures of its own training clips; one that is answered with silence nearly always gets what
the separator is told by the name of a relative (a class that its clips hold too, one above it, or one beside it): the
one by which its training mixtures are separated best. What is done is printed, and belongs in the model's log.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from unweave import load_model
from unweave.audio.energy import match_energy
from unweave.data.store import Store
from unweave.model import Model
from unweave.training.losses import negative_snr
from unweave.training.validation import LARGEST_FACTOR, loudest

EACH, SECONDS = 12, 2.0
SILENT_DB, NEARLY_ALWAYS = -25.0, 0.85  # below the mixture; share of the mixtures
FEWEST = 3  # clips, below which nothing can be said
RELATIVES = 12
WORTH = 1.0  # dB that a relative's name must gain


class Asked:
    """Mixtures of a class' training clips, asked for by any name."""

    def __init__(self, model: Model, store: Store, key: int, rng: np.random.Generator) -> None:
        members = store.members("train")
        keys = [other for other in members if other >= 0]
        pairs: list[tuple[int, int]] = []
        while len(pairs) < EACH:
            target, other = int(rng.choice(members[key])), int(rng.choice(members[int(rng.choice(keys))]))
            if not set(store.classes(target)) & set(store.classes(other)):
                pairs.append((target, other))
        first, second = (
            torch.from_numpy(np.stack([loudest(store, pair[side], SECONDS) for pair in pairs])) for side in (0, 1)
        )
        self.model, self.target = model, first
        self.mixture = first + match_energy(first, second, LARGEST_FACTOR)
        self.encoding = model.separator.encode(self.mixture)

    def by(self, key: int) -> tuple[float, float]:
        """Mean SDRi in dB, and the share of answers that are silence, asked for by the name of a class."""
        condition = self.model.condition
        assert condition is not None
        asked = torch.full((EACH,), key)
        mask = torch.nn.functional.one_hot(asked, len(self.model.labels)).bool()
        answer: Tensor = self.model.separator.decode(self.encoding, condition.from_classes(mask.float(), mask, asked))
        level = 10 * torch.log10(answer.square().sum(1) / self.mixture.square().sum(1) + 1e-12)
        better = negative_snr(self.mixture, self.target, 0.0) - negative_snr(answer, self.target, 0.0)
        return float(better.mean()), float((level < SILENT_DB).float().mean())


def relatives(model: Model, store: Store, key: int) -> list[int]:
    """Classes that its clips hold too, those above it, those beside it; the nearest first."""
    ontology, members = model.ontology, store.members("train")
    held = {other for row in members[key].tolist() for other in store.classes(row)}
    above = ontology.ancestors(key)
    beside = [index for node in above[:1] for index in ontology.descendants(node.mid)]
    every = [*sorted(held), *(node.index for node in above if node.index is not None), *beside]
    return [other for other in dict.fromkeys(every) if other != key and other in members][:RELATIVES]


@torch.inference_mode()
def revive(model: Model, store: Store) -> list[str]:
    """Wake up what is silent; a sentence for each class."""
    rng = np.random.default_rng(0)
    reduce = model.separator.embed[0].weight  # (hidden, K): a one-hot takes one column
    columns: dict[int, Tensor] = {}
    said = []
    for key, clips in sorted(store.members("train").items()):
        if key < 0 or len(clips) < FEWEST:
            continue
        asked = Asked(model, store, key, rng)
        own, silent = asked.by(key)
        if silent < NEARLY_ALWAYS:
            continue
        gains = {other: asked.by(other)[0] for other in relatives(model, store, key)}
        best = max(gains, key=lambda other: gains[other], default=None)
        name = model.labels[key]
        if best is None or gains[best] < own + WORTH:
            said.append(f"{name}: silent ({own:.1f} dB), and no relative does better")
            continue
        columns[key] = reduce[:, best].clone()
        said.append(f"{name}: {own:.1f} dB, told as {model.labels[best]} {gains[best]:.1f} dB")
    for key, column in columns.items():
        reduce[:, key] = column
    return said


def main() -> None:
    """Parse, wake up, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    arguments = parser.parse_args()
    model = load_model(str(arguments.model), device="cpu")
    for sentence in revive(model, Store(arguments.store)):
        print(sentence, flush=True)
    model.save(arguments.out, torch.float16)


if __name__ == "__main__":
    main()
