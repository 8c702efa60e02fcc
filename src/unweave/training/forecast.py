"""What a run has before it: its parts, and about how long each takes on this machine, by a trial of a step of each."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unweave.data.store import Store
from unweave.pretrained.device import pick_device
from unweave.separators import Separator
from unweave.taggers import Tagger
from unweave.training.halves import bfloat16_is_quicker
from unweave.training.loop_settings import LoopSettings
from unweave.training.recipe import FewClipsLearning, Recipe, TagsLearning, several

LARGE = 12_000_000  # weights from which a single step on a CPU may take minutes: too long for a trial
ROWS = 2  # of a batch that are tried
GOES, ENOUGH = 4, 1.0  # trials of a step at most, and s after which there is no other one


@dataclass(frozen=True)
class Part:
    """One part of a run.

    Attributes:
        what: what is done ("learning the tagger").
        count: how much of it: steps, or clips.
        unit: "steps" or "clips".
        seconds: about how long all of it takes; None where a trial would take too long itself.
    """

    what: str
    count: int
    unit: str
    seconds: float | None


def forecast(recipe: Recipe, store: Store, tagger: Tagger, condition_dim: int, separator: Separator) -> list[Part]:
    """The parts that are still to be done, in their order.

    An estimate for a machine that does nothing else; reading clips and measuring on the way come on top. Nets and
    generators of random numbers are as they were: what is learnt afterwards does not depend on whether anybody asked.

    Args:
        recipe: of the run.
        store: its training clips are counted.
        tagger, separator: as built; they are tried as copies.
        condition_dim: D.
    """
    parts = []
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        learning = recipe.tagger.learn
        if learning is not None and not (recipe.folder / "tagger.safetensors").exists():
            seconds = None
            if isinstance(learning, TagsLearning):
                length = round(learning.seconds * store.sample_rate)
                seconds = _steps(tagger, _hear(length), learning.batch, learning.loop)
            parts.append(Part("learning the tagger", learning.loop.steps, "steps", _at_most(seconds, learning.loop)))
        for number, stretch in enumerate(recipe.separator.learn):
            name = "separator" if number == 0 else f"separator-{number + 1}"
            if (recipe.folder / f"{name}.safetensors").exists():
                continue
            loop, few = stretch.loop, isinstance(stretch, FewClipsLearning)
            if few and number == 0 and not (recipe.folder / "detector.npz").exists():
                parts.append(_listening(recipe, store, tagger, loop))
            anchor = stretch.seconds if isinstance(stretch, FewClipsLearning) else several(stretch.mining.seconds)[0]
            run = _answer(round(anchor * store.sample_rate), condition_dim, 2 if few else 1)
            seconds = _steps(separator, run, stretch.batch, loop)
            if seconds is not None and not few:  # the query net and the detector hear every batch as well
                seconds = (
                    None
                    if (heard := _hearing(tagger, recipe, store, loop)) is None
                    else (seconds + heard * stretch.batch * loop.steps)
                )
            what = "learning the separator" + (f", stretch {number + 1}" if number else "")
            parts.append(Part(what, loop.steps, "steps", _at_most(seconds, loop)))
    return parts


def _listening(recipe: Recipe, store: Store, tagger: Tagger, loop: LoopSettings) -> Part:
    clips = len(store.rows("train"))
    each = _hearing(tagger, recipe, store, loop)
    return Part("listening for anchors", clips, "clips", None if each is None else each * clips)


def _hearing(tagger: Tagger, recipe: Recipe, store: Store, loop: LoopSettings) -> float | None:
    """Seconds that the tagger takes for a clip, without learning."""
    device = pick_device(loop.device)
    if _weights(tagger) > LARGE and device.type == "cpu":
        return None
    length = round(recipe.data.clip_seconds * store.sample_rate)
    twin = copy.deepcopy(tagger).to(device).eval()
    with torch.no_grad():
        return _quickest(lambda: twin(torch.randn(1, length, device=device)), device)


def _hear(length: int) -> Callable[[nn.Module, int, torch.device], Tensor]:
    return lambda net, rows, device: net(torch.randn(rows, length, device=device)).clip.sum()


def _answer(length: int, dim: int, targets: int) -> Callable[[nn.Module, int, torch.device], Tensor]:
    def run(net: nn.Module, rows: int, device: torch.device) -> Tensor:
        assert isinstance(net, Separator)
        encoding = net.encode(torch.randn(rows, length, device=device))
        told = torch.rand(rows, dim, device=device)
        return torch.stack([net.decode(encoding, told).abs().mean() for _ in range(targets)]).sum()

    return run


def _steps(
    net: nn.Module, run: Callable[[nn.Module, int, torch.device], Tensor], batch: int, loop: LoopSettings
) -> float | None:
    """Seconds that all steps of a part take: forwards and backwards through a copy of its net, for some rows."""
    device = pick_device(loop.device)
    if device.type == "cpu" and _weights(net) > LARGE:
        return None
    rows = min(batch, ROWS)
    twin = copy.deepcopy(net).to(device).train()
    half = loop.precision.startswith("bf16") or (loop.precision == "auto" and bfloat16_is_quicker(device))

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16) if half else nullcontext():
            loss = run(twin, rows, device)
        loss.backward()  # type: ignore[no-untyped-call]

    return _quickest(step, device) * batch / rows * loop.accumulate * loop.steps


def _quickest(work: Callable[[], object], device: torch.device) -> float:
    """Seconds of the quickest of some goes; one before them makes ready what is made once.

    On a CPU they are not more than what the processor worked: a machine that is busy with other things makes a go wait
    for its turn, and what it waits would be counted for every step of the run.
    """
    best, spent = math.inf, 0.0
    for number in range(1 + GOES):
        began, worked = time.perf_counter(), time.process_time()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        took = time.perf_counter() - began
        if number:
            best = min(best, took if device.type == "cuda" else min(took, time.process_time() - worked))
            spent += took
        if spent > ENOUGH:
            break
    return best


def _at_most(seconds: float | None, loop: LoopSettings) -> float | None:
    """`seconds`, or the end that the clock sets if that comes first."""
    return seconds if loop.minutes is None else min(60 * loop.minutes, seconds or 60 * loop.minutes)


def _weights(net: nn.Module) -> int:
    return sum(weight.numel() for weight in net.parameters())
