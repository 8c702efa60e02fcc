r"""Let the names of a model say what their classes are like: what its tagger hears in their training clips, on average.

    python benchmarks/likeness.py MODEL STORE -o OUT [--likeness 0.5]

A separator that is asked by name is told a one-hot. Told the mean of what is heard in recordings of the class beside it
(equation 9 of the paper, `unweave.conditions.soft`), it finds more of those that it has not heard before; nothing is
learnt anew. Of each class as many as `EACH` clips are heard, the loudest `SECONDS` of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from unweave import load_model
from unweave.conditions.soft import Soft
from unweave.data.store import Store
from unweave.errors import UnweaveError
from unweave.model import Model
from unweave.training.validation import loudest

EACH, SECONDS = 24, 2.0
FAINT = 0.02  # what is heard less surely than this part of the surest class says nothing


@torch.inference_mode()
def likenesses(model: Model, store: Store) -> Tensor:
    """The mean of the normalised probabilities of each class' training clips, (K, K); zero for classes without any."""
    rng, K = np.random.default_rng(0), len(model.labels)
    heard = torch.zeros(K, K)
    known = torch.zeros(K, dtype=torch.bool)
    known[list(model.settings.known or range(K))] = True
    for key, rows in sorted(store.members("train").items()):
        if key < 0:
            continue
        some = rng.choice(np.asarray(rows), min(EACH, len(rows)), replace=False)
        clips = np.stack([loudest(store, int(row), SECONDS) for row in some])
        clip = model.tagger(torch.from_numpy(clips)).clip
        mean = (clip / clip.amax(1, keepdim=True)).mean(0) * known
        mean = mean / mean.max().clamp_min(1e-8)
        heard[key] = mean * (mean >= FAINT)
    return heard


def with_likeness(model: Model, heard: Tensor, share: float) -> Model:
    """The model, whose names are told with `share` of what is heard."""
    if not isinstance(model.condition, Soft):
        raise UnweaveError(f"The model {model.name} is not asked with the probabilities of classes.")
    arguments = {**model.spec["condition"]["arguments"], "likeness": share}
    condition = Soft(**arguments)
    condition.load_state_dict({"likenesses": heard})
    model.condition = condition.eval()
    model.spec = {**model.spec, "condition": {"name": "soft", "arguments": arguments}}
    return model


def main() -> None:
    """Parse, listen, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("store", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--likeness", type=float, default=0.5)
    arguments = parser.parse_args()
    model = load_model(arguments.model, device="cpu")
    heard = likenesses(model, Store(arguments.store))
    with_likeness(model, heard, arguments.likeness).save(arguments.out, torch.float16)
    print(f"{int(heard.any(1).sum())} names, each told with {heard.count_nonzero() / heard.any(1).sum():.1f} classes")


if __name__ == "__main__":
    main()
