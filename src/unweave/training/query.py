"""The query net while it is learnt or left alone (Sections 3.4 and 3.4.4 of the paper, the rows of Table 4).

    waveform (B, T) -> tagger -> Tags -> condition -> vector (B, D)

| mode     | tagger             | condition          | what learns                         |
|----------|--------------------|--------------------|-------------------------------------|
| freeze   | as it comes        | any other          | the condition's weights, if any     |
| random   | drawn anew, frozen | any other          | the condition's weights, if any     |
| scratch  | drawn anew         | one that gradients pass | tagger (and condition)         |
| finetune | as it comes        | one that gradients pass | tagger (and condition)         |
| shortcut | as it comes, frozen | shortcut          | the clone beside the tagger         |
| adaptor  | as it comes, frozen | adaptor           | its two layers                      |
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unweave.conditions import Condition
from unweave.conditions.adaptor import Adaptor
from unweave.conditions.reach import freeze_unreached, reached
from unweave.conditions.shortcut import Shortcut
from unweave.errors import UnweaveError
from unweave.taggers import Tagger, Tags

MODES = ("freeze", "random", "scratch", "finetune", "shortcut", "adaptor")
LEARNT = ("scratch", "finetune")  # modes in which the tagger itself learns
DRAWN = ("random", "scratch")  # modes that forget the tagger's weights
_OWN: dict[str, type[Condition]] = {"shortcut": Shortcut, "adaptor": Adaptor}


class QueryNet(nn.Module):
    """Tagger + condition as one network; made by `build_query`.

    A tagger that does not learn stays in evaluation mode, whatever `train()` is called on, so that the statistics of
    its batch norms and its embeddings never move.

    Args:
        tagger: hears.
        condition: makes a vector of what was heard.
        mode: one of MODES.
    """

    def __init__(self, tagger: Tagger, condition: Condition, mode: str) -> None:
        super().__init__()
        self.tagger = tagger
        self.condition = condition
        self.mode = mode
        self.thawed = True  # whether a tagger that learns does so already, see `unweave.training.thawing`
        self.train()

    @property
    def dim(self) -> int:
        """D, the size of the vector."""
        return self.condition.dim

    @property
    def learns(self) -> bool:
        """Whether any weight is left to learn; without, vectors may be cached."""
        return any(weight.requires_grad for weight in self.parameters())

    def train(self, mode: bool = True) -> QueryNet:
        """Set training mode, of the parts that learn."""
        super().train(mode)
        if self.mode not in LEARNT or not self.thawed:
            self.tagger.eval()
        return self

    def tags(self, waveform: Tensor) -> Tags:
        """What the tagger hears; without a graph unless it learns.

        Shape:
            waveform (B, T), full scale 1.0 -> Tags
        """
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.mode in LEARNT):
            tags: Tags = self.tagger(waveform)
        return tags

    @torch.no_grad()
    def heard(self, waveform: Tensor) -> Tags:
        """What the tagger hears when it is not learning: in evaluation mode, so that nothing in it moves.

        Shape:
            waveform (B, T), full scale 1.0 -> Tags
        """
        learning = self.tagger.training
        try:
            tags: Tags = self.tagger.eval()(waveform)
        finally:
            self.tagger.train(learning)
        return tags

    def forward(self, waveform: Tensor) -> Tensor:
        """The vector that asks for what sounds in the waveform.

        Shape:
            waveform (B, T), full scale 1.0 -> (B, D)
        """
        vector: Tensor = self.condition(self.tags(waveform), waveform)
        return vector


def build_query(tagger: Tagger, condition: Condition, mode: str, seed: int = 0) -> QueryNet:
    """Put the query net of a mode together, in training mode; the parts are changed in place.

    Weights that no gradient can reach (a classifier when only the embedding is used, say) are frozen in every mode:
    all that is left with `requires_grad` belongs into the optimiser, and moves.

    Args:
        tagger: with its pretrained weights, where the mode keeps them.
        condition: of the tagger's sizes.
        mode: one of MODES; see the table at the top of this file.
        seed: of the weights that "random" and "scratch" draw.

    Raises:
        UnweaveError: no such mode, or parts that make no sense together in it.
    """
    if mode not in MODES:
        raise UnweaveError(f"There is no query mode {mode!r}; known are {', '.join(MODES)}.")
    _check_kind(condition, mode)
    if mode in DRAWN:
        reinitialise(tagger, seed)
    if isinstance(condition, Shortcut):
        condition.start_from(tagger)
    tagger.requires_grad_(mode in LEARNT)
    net = QueryNet(tagger, condition, mode)
    vector = _trial(net)
    if mode in LEARNT and not reached(vector) & {id(weight) for weight in tagger.parameters()}:
        raise UnweaveError(
            f"In the mode {mode!r} the tagger learns through the condition, but no gradient passes "
            f"{type(condition).__name__}; use the condition soft or embedding, or the mode freeze."
        )
    freeze_unreached(net, vector)
    if mode in _OWN and not net.learns:
        raise UnweaveError(f"In the mode {mode!r} the condition learns, but all its weights are frozen; thaw them.")
    return net


def reinitialise(module: nn.Module, seed: int) -> None:
    """Draw all weights of a network anew, each layer as it draws its own when it is made; the same for the same seed.

    Layers do that with their `reset_parameters`, inner ones first, so that a network with its own way of starting
    defines one, too, and has the last word. Weights that a network holds itself without such a method start as is
    usual for those of transformers: vectors at zero, the rest from a normal distribution of 0.02, cut at 0.04.
    Running statistics start over; the random state outside is left as it was.
    """
    weights = next(module.parameters(), None)
    device = weights.device if weights is not None else torch.device("cpu")
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []), torch.no_grad():
        torch.manual_seed(seed)
        for part in reversed(list(module.modules())):  # modules() names the outer ones first
            reset = getattr(part, "reset_parameters", None) or getattr(part, "_reset_parameters", None)
            if callable(reset):
                reset()
                continue
            for weight in part.parameters(recurse=False):
                if weight.ndim > 1:
                    nn.init.trunc_normal_(weight, std=0.02, a=-0.04, b=0.04)
                else:
                    nn.init.zeros_(weight)


def _check_kind(condition: Condition, mode: str) -> None:
    """Shortcut and adaptor are modes of their own, each with its condition."""
    wanted = _OWN.get(mode)
    if wanted is not None and not isinstance(condition, wanted):
        raise UnweaveError(
            f"The mode {mode!r} needs the condition {mode}, not {type(condition).__name__}; "
            f"name {mode} as the condition, or use the mode freeze."
        )
    for own, kind in _OWN.items():
        if own != mode and isinstance(condition, kind):
            raise UnweaveError(
                f"The condition {own} stands on a pretrained, frozen tagger and does not go with the mode {mode!r}; "
                f"use the mode {own}, or the condition embedding."
            )


def _trial(net: QueryNet) -> Tensor:
    """The vector of a short silence with its graph; tells whether the parts fit. Leaves the state as it was."""
    tagger, condition = net.tagger, net.condition
    weights = next(net.parameters(), None)
    silence = torch.zeros(1, tagger.sample_rate // 10, device=None if weights is None else weights.device)
    net.eval()
    try:
        with torch.enable_grad():
            vector: Tensor = net(silence)
        wrong = "" if vector.shape == (1, net.dim) else f"it gives {vector.shape[1]} numbers and promises {net.dim}"
    except RuntimeError as error:
        wrong = str(error).splitlines()[0]
    finally:
        net.train()
    if wrong:
        raise UnweaveError(
            f"The condition {type(condition).__name__} does not fit the tagger {type(tagger).__name__} with "
            f"{tagger.classes} classes and an embedding of {tagger.embedding_dim} ({wrong}); "
            "build the condition with these sizes."
        )
    return vector
