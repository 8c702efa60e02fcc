r"""Let the names of a model learn on: what a request passes through, and nothing else.

    python benchmarks/names.py MODEL STORE -o OUT [--minutes 120] [--run build/names]

What a separator is told goes through two small layers and then scales and shifts the maps of its decoder (FiLM); these
are 5 % of its weights. They learn on from where they are, on mixtures as `recipes/quarter-hour.yaml` draws them, asked
for as people ask (by name, with its hint); all else stays, batch norms included, so that the encoder needs no backward
pass and two cores suffice. The run goes by the clock, is kept in `--run`, and the same command goes on with it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from unweave import load_model
from unweave.data.store import Store
from unweave.model import Model
from unweave.training.loop import LoopSettings, fit
from unweave.training.separation import SeparationSettings
from unweave.training.separation_resident import ResidentSeparationTask
from unweave.training.tasks import class_weights

PASSED = ("embed.", ".films.")  # parts of the names of what a request passes through
STEPS = 1_000_000  # more than there is time for


class Still(nn.Module):
    """A separation that never leaves evaluation mode: running statistics stay."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner.eval()

    def train(self, mode: bool = True) -> Still:
        """Stay as it is."""
        return self

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """As the inner one."""
        out: torch.Tensor = self.inner(*inputs)
        return out


class RequestTask(ResidentSeparationTask):
    """As `ResidentSeparationTask`; only what a request passes through learns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.net = Still(self.net)  # type: ignore[assignment]
        for name, weight in self.net.named_parameters():
            weight.requires_grad_(any(part in name for part in PASSED))


def learn(model: Model, store: Store, run: Path, settings: SeparationSettings, loop: LoopSettings) -> None:
    """Let the requests of `model` learn on, in place."""
    assert model.condition is not None
    task = RequestTask(
        model.separator,
        model.tagger,
        model.condition,
        store,
        settings,
        run / "detector.npz",
        ontology=model.ontology,
        device=torch.device("cpu"),
    )

    def said(event: dict[str, Any]) -> None:
        if event["kind"] != "step" or event["step"] % 50 == 0:
            shown = {key: value for key, value in event.items() if key not in ("steps", "on")}
            print(shown, file=sys.stderr, flush=True)

    learnt = fit(task, loop, run, said, {"settings": vars(settings)})
    task.net.load_state_dict(learnt.state_dict())


def main() -> None:
    """Parse, learn, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("store", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--run", type=Path, default=Path("build/names"))
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--speed", type=float, default=0.15, help="by which sources are played faster or slower")
    arguments = parser.parse_args()
    model, store = load_model(arguments.model, device="cpu"), Store(arguments.store)
    weights = class_weights(store, model.ontology, {"Speech": 10, "": 6}, common=4)
    mixtures = {"gain": 4.0, "wide": 0.4, "wide_gain": 22.0, "third": 0.25, "bed": 0.3, "rooms": 0.2, "together": 0.4}
    shares = {"soft": 0.08, "named": 0.7, "node": 0.14, "absent": 0.08}
    settings = SeparationSettings(
        arguments.batch, speed=arguments.speed, alone=0.03, weights=weights, shares=shares, **mixtures
    )
    loop = LoopSettings(
        STEPS,
        learning_rate=arguments.rate,
        optimiser="adam",
        warmup=50,
        precision="auto",
        device="cpu",
        average=0.999,
        evaluate_every=10 * STEPS,
        save_every=200,
        log_every=50,
        minutes=arguments.minutes,
    )
    learn(model, store, arguments.run, settings, loop)
    model.save(arguments.out, torch.float16)


if __name__ == "__main__":
    main()
