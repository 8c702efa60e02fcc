"""Time of a training step, from reading the clips to the step of the optimiser, beside that of the published package.

    python benchmarks/train_step.py                              # 4 clips of 10 s a step, on the CPU
    python benchmarks/train_step.py --device cuda --batch 16 --steps 50
    python benchmarks/train_step.py --precision bf16-mixed       # ours in half precision, theirs as it is, in 32 bits
    python benchmarks/train_step.py --without-published          # ours alone, nothing is installed

ResUNet30, told by what CNN14 hears, learns from anchors that CNN14-DecisionLevelMax finds: the paper's recipe, in 32
bits unless --precision says otherwise. The published package (`uss` 0.0.4) takes the same steps: the same clips from
the same HDF5 pack in the same order, the same weights at the start (random ones: they do not change the time), the same
number of threads. The two take turns, so that what else the machine does slows both. Its packages, which this project
does not use, are installed into an environment of their own (--uss-env), once. Ours is `unweave.training.loop.fit` as
`unweave train` runs it, with the clipping of gradients and the moving average of the weights that the published step
does not have.

Prints the medians, their ratio, and where the time goes in each.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, cast

import h5py
import numpy as np
import torch
from machine import commit, machine
from processes import Worker
from published_env import DEFAULT, PUBLISHED, install, variables
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from train_step_published import CLASSES, CLIP_SECONDS, PROCESSOR, RATE, Clock

from unweave.conditions import conditions
from unweave.data.augmentations import build_augmentations
from unweave.data.energies import energies
from unweave.data.loader import ClipLoader
from unweave.data.miners import miners
from unweave.data.sampler import Rows, Sampler
from unweave.data.store import open_store
from unweave.pretrained.layouts import build, read_published
from unweave.separators import Separator, separators
from unweave.taggers import Tagger, taggers
from unweave.training.loop import LoopSettings, fit
from unweave.training.losses import l1
from unweave.training.machine import PRECISIONS
from unweave.training.method import MethodSettings, MethodTask, QueriedSeparator
from unweave.training.query import build_query

PARTS = ("data", "mining and mixing", "condition", "forward", "backward", "optimiser", "rest")
Times = list[dict[str, float]]


class Given(Sampler):
    """The same clips as the other side: the pack from its beginning, again and again."""

    def __init__(self, batches: list[list[tuple[int, int]]]) -> None:
        super().__init__(len(batches[0]), seed=0)
        self.batches, self.place = batches, 0

    def draw_jointly(self) -> tuple[Rows, Rows]:
        """See `Sampler`."""
        rows, classes = zip(*self.batches[self.place], strict=True)
        self.place += 1
        return np.array(rows, np.int64), np.array(classes, np.int64)

    def state_dict(self) -> dict[str, Any]:
        """See `Sampler`."""
        return {"place": self.place}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `Sampler`."""
        self.place = int(state["place"])


class Published(Worker):
    """The published step in its own process."""

    def __init__(self, python: Path, **order: Any) -> None:
        super().__init__(python, "train_step_published.py", variables(python, order["threads"]))
        self.torch = self.ask(do="start", **order)["torch"]


class _Enough(Exception):
    """As many steps as were wanted."""


def write_pack(path: Path, clips: int) -> None:
    """Clips in the layout of the published packs: noise in which a tone comes and goes."""
    rng = np.random.default_rng(0)
    seconds = np.arange(round(CLIP_SECONDS * RATE)) / RATE
    with h5py.File(path, "w") as file:
        file.attrs["sample_rate"] = RATE
        file["audio_name"] = np.array([f"{i}.wav" for i in range(clips)], "S20")
        file["target"] = np.eye(CLASSES, dtype=bool)[np.arange(clips) % CLASSES]
        waveform = file.create_dataset("waveform", (clips, len(seconds)), np.int16)
        for i in range(clips):
            tone = 0.3 * np.sin(2 * np.pi * (200 + 150 * i) * seconds) * (seconds % 4 < 1 + i % 3)
            waveform[i] = np.round(32767 * (tone + 0.05 * rng.standard_normal(len(seconds)))).astype(np.int16)


def networks(weights: Path | None) -> tuple[Tagger, Tagger, Separator]:
    """Tagger, detector, separator; with random weights, or those of the published side."""
    if weights is None:
        return (
            taggers.build("panns-cnn14"),
            taggers.build("panns-cnn14-sed"),
            separators.build("resunet30", condition_dim=CLASSES),
        )
    parts = read_published(weights).parts
    built = (build(parts[role]) for role in ("tagger", "detector", "separator"))
    return cast(tuple[Tagger, Tagger, Separator], tuple(built))


def ours(
    options: argparse.Namespace, pack: Path, batches: list[Any], published: Published | None
) -> tuple[Times, Times]:
    """Both sides' steps, in turns."""
    store, clock = open_store(pack), Clock(options.device)
    tagger, detector, separator = networks(pack.with_name("weights.pt") if published else None)
    net = QueriedSeparator(build_query(tagger, conditions.build("soft", dim=CLASSES), "freeze"), separator)
    loader = ClipLoader(store, Given(batches), CLIP_SECONDS)
    task = MethodTask(
        net,
        detector,
        loader,
        store,
        miners.build("detector"),
        energies.build("match", limit=50.0),
        build_augmentations({}, RATE),
        l1,
        MethodSettings(),
    )
    for part, name, timed in (
        (task, "draw", "data"),
        (task, "loss", "all of the loss"),
        (net.query, "forward", "condition"),
        (net.separator, "forward", "forward"),
        (torch.autograd, "backward", "backward"),
    ):
        setattr(part, name, clock.timed(timed, getattr(part, name)))
    stepping = clock.part("optimiser")
    register_optimizer_step_pre_hook(lambda *_: stepping.__enter__())
    register_optimizer_step_post_hook(lambda *_: stepping.__exit__(None, None, None))
    mine: Times = []
    theirs: Times = []
    begin, used = clock.now(), time.process_time()

    def turn(event: dict[str, Any]) -> None:
        nonlocal begin, used, stepping
        whole, cores, parts = clock.now() - begin, time.process_time() - used, dict(clock.seconds)
        parts["mining and mixing"] = parts.pop("all of the loss") - parts["condition"] - parts["forward"]
        rest = whole - sum(parts.values())
        mine.append({**parts, "rest": rest, "whole": whole, PROCESSOR: cores, "loss": event["loss"]})
        if published:
            theirs.append(published.ask(do="step"))
            told = f", published {theirs[-1]['whole']:.2f} s"
        else:
            told = ""
        print(f"step {len(mine)}: ours {whole:.2f} s{told}", file=sys.stderr, flush=True)
        if len(mine) == len(batches):
            raise _Enough
        clock.seconds.clear()
        stepping = clock.part("optimiser")
        begin, used = clock.now(), time.process_time()

    settings = LoopSettings(
        steps=len(batches) + 1,
        optimiser="adamw-amsgrad",
        schedule="published",
        weight_decay=0.0,
        precision=options.precision,
        device=options.device,
        evaluate_every=10**9,
        save_every=10**9,
    )
    try:
        fit(task, settings, pack.with_name("run"), turn)
    except _Enough:
        loader.close()
    return mine, theirs


def report(options: argparse.Namespace, mine: Times, theirs: Times, other_torch: str) -> None:
    """Print what was measured, as Markdown."""
    losses = [f"{steps[0]['loss']:.5f}" for steps in (mine, theirs) if steps]
    mine, theirs = mine[options.warmup :], theirs[options.warmup :]
    sides = {f"ours, {options.precision} bits" if options.precision == "32" else f"ours, {options.precision}": mine}
    if theirs:
        sides[f"{PUBLISHED.replace('==', ' ')}, 32 bits"] = theirs
    print(f"{machine(options.device)}; {options.threads} threads; {options.batch} clips of {CLIP_SECONDS:g} s a step")
    print(f"torch {torch.__version__}{f' and {other_torch}' if other_torch else ''}; commit {commit()}")
    print(f"loss of the first step: {' and '.join(losses)}")
    if hasattr(os, "getloadavg"):
        print(f"load of the machine in the last minute: {os.getloadavg()[0]:.1f}")
    print(f"medians of {len(mine)} steps, in seconds:\n\n| part | {' | '.join(sides)} |\n|---|{'--:|' * len(sides)}")
    for part in (*PARTS, "whole", PROCESSOR):
        columns = [f"{median(step.get(part, 0.0) for step in steps):.3f}" for steps in sides.values()]
        print(f"| {part} | {' | '.join(columns)} |")
    if theirs:
        pairs = sorted(other["whole"] / own["whole"] for own, other in zip(mine, theirs, strict=True))
        middle = median(step["whole"] for step in theirs) / median(step["whole"] for step in mine)
        print(f"\nours is {middle:.2f} times as fast (single pairs {pairs[0]:.2f} to {pairs[-1]:.2f})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=4, help="clips a step (%(default)s)")
    parser.add_argument("--steps", type=int, default=10, help="that are measured (%(default)s)")
    parser.add_argument("--warmup", type=int, default=2, help="steps before those (%(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (%(default)s)")
    parser.add_argument("--precision", choices=PRECISIONS, default="32", help="of our side (%(default)s)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of each side (%(default)s)")
    parser.add_argument("--uss-env", type=Path, default=DEFAULT, help="%(default)s")
    parser.add_argument("--without-published", action="store_true", help="ours alone")
    options = parser.parse_args()
    if options.batch < 2 or options.steps < 1 or options.warmup < 1:
        parser.error("a mixture needs 2 clips, and there must be at least 1 step of each kind")
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    python = None if options.without_published else install(options.uss_env.absolute())
    with tempfile.TemporaryDirectory() as name:
        pack, clips = Path(name) / "pack.h5", min(4 * options.batch, CLASSES)
        write_pack(pack, clips)
        steps, size = options.steps + options.warmup, options.batch
        batches = [[(i % clips, i % clips) for i in range(k * size, (k + 1) * size)] for k in range(steps)]
        published = None
        if python is not None:
            metas = [
                [{"hdf5_path": str(pack), "index_in_hdf5": row, "class_id": sort} for row, sort in batch]
                for batch in batches
            ]
            order = {"threads": options.threads, "device": options.device, "batches": metas}
            published = Published(python, weights=str(pack.with_name("weights.pt")), **order)
        begin = time.monotonic()
        try:
            mine, theirs = ours(options, pack, batches, published)
        finally:
            if published is not None:
                published.close()
        print(f"measured in {time.monotonic() - begin:.0f} s", file=sys.stderr)
    report(options, mine, theirs, published.torch if published else "")


if __name__ == "__main__":
    main()
