r"""Let the names of a model come with hints: what its tagger hears that sounds like recordings of the class.

    python benchmarks/alike.py MODEL STORE -o OUT [--hint 0.4]

A separator that is asked by name is told a one-hot. A recording that is unlike those it learnt from is not known again
by that; the tagger often hears something like it. So a name is also told, by `hint`, what is heard in the segment of
the classes as which the class' training clips are heard (`unweave.conditions.soft`); nothing is learnt anew. Of each
class as many as `EACH` clips are heard, the loudest `SECONDS` of them.
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
HEARD = 0.02  # of the surest class, on average: as which recordings of a class are heard


@torch.inference_mode()
def alike(model: Model, store: Store) -> Tensor:
    """As what each class' training clips are heard, among the classes that the separator knows, (K, K) bool."""
    rng, K = np.random.default_rng(0), len(model.labels)
    found = torch.zeros(K, K, dtype=torch.bool)
    known = torch.zeros(K, dtype=torch.bool)
    known[list(model.settings.known or range(K))] = True
    for key, rows in sorted(store.members("train").items()):
        if key < 0:
            continue
        some = rng.choice(np.asarray(rows), min(EACH, len(rows)), replace=False)
        clips = np.stack([loudest(store, int(row), SECONDS) for row in some])
        clip = model.tagger(torch.from_numpy(clips)).told
        mean = (clip / clip.amax(1, keepdim=True)).mean(0) * known
        found[key] = mean > HEARD * mean.max()
    return found


def with_hints(model: Model, found: Tensor, hint: float) -> Model:
    """The model, whose names come with hints."""
    if not isinstance(model.condition, Soft):
        raise UnweaveError(f"The model {model.name} is not asked with the probabilities of classes.")
    arguments = {**model.spec["condition"]["arguments"], "hint": hint}
    condition = Soft(**arguments)
    condition.load_state_dict({"alike": found})
    model.condition = condition.eval()
    model.spec = {**model.spec, "condition": {"name": "soft", "arguments": arguments}}
    return model


def main() -> None:
    """Parse, listen, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("store", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--hint", type=float, default=0.4)
    arguments = parser.parse_args()
    model = load_model(arguments.model, device="cpu")
    found = alike(model, Store(arguments.store))
    with_hints(model, found, arguments.hint).save(arguments.out, torch.float16, eight_bits=["tagger"])
    print(f"{int(found.any(1).sum())} names, each alike {found.sum() / found.any(1).sum():.1f} classes")


if __name__ == "__main__":
    main()
