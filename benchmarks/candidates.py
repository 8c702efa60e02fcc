"""What each candidate for speed gives by itself: ResUNet30 in the published geometry, float32, on the CPU.

    python benchmarks/candidates.py            # about four minutes
    python benchmarks/candidates.py --rounds 1 --widths 4 8 --no-compile      # seconds, to try the harness itself

One row (2 s of one channel) goes through the network as it is published, then with one change after another until it is
ours, then through ours with one change at a time. All take turns, one row each in one thread, so that what else the
machine does slows all of them; the table gives the best of each. Errors are against the published form.

Writes results/candidates/DATE-machine.json; `report_performance.py` makes a table of docs/performance.md of it.
"""

from __future__ import annotations

import argparse
import copy
import datetime
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch
from machine import commit, load, machine, name_of
from torch import Tensor, nn
from torch.nn import functional

from unweave.engines import engines
from unweave.engines.cache import Cache
from unweave.engines.trunk import Trunk
from unweave.inference.cores import Cores
from unweave.separators.film import folded
from unweave.separators.resunet import ConditionedLayer, ResUNet

RESULTS = Path(__file__).parent / "results" / "candidates"
DIM, RATE, SLOPE = 527, 32000, 0.01
SEGMENT, OVERLAP = 2.0, 0.4  # s, of published models
LONGER = (4.0, 10.0)
ROWS = 4
Work = Callable[[], Tensor]


def _separate(layer: ConditionedLayer, x: Tensor, shift: Tensor) -> Tensor:
    """Norm, shift, rectifier and convolution, one after the other."""
    return layer.convolution(functional.leaky_relu(layer.norm(x) + shift[:, :, None, None], SLOPE))


def _one_pass(layer: ConditionedLayer, x: Tensor, shift: Tensor) -> Tensor:
    """Norm and shift in one pass, the rectifier in another one."""
    scale, offset = folded(layer.norm)
    y = torch.addcmul((offset + shift)[:, :, None, None], x, scale[:, None, None])
    return layer.convolution(functional.leaky_relu(y, SLOPE))


def _offset_only(layer: ConditionedLayer, x: Tensor, shift: Tensor) -> Tensor:
    """As ours; where the convolution before has taken over the scale there is only something to add."""
    scale, offset = folded(layer.norm)
    moved = (offset + shift)[:, :, None, None]
    y = x.add_(moved) if getattr(layer, "scaled", False) else torch.addcmul(moved, x, scale[:, None, None])
    return layer.convolution(functional.leaky_relu(y, SLOPE, inplace=True))


def fold_norms(network: ResUNet) -> ResUNet:
    """A copy in which convolutions give what the norm behind them would scale, where nothing else hears them."""
    network = copy.deepcopy(network)
    blocks = [*network.encoder, *network.bottleneck, *(stage.block for stage in network.decoder)]
    for block in blocks:
        for before, after in zip(block.layers, list(block.layers)[1:], strict=False):
            before.convolution.weight.mul_(folded(after.norm)[0][:, None, None, None])
            after.scaled = True
    return network


@contextmanager
def changed(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Another attribute in the place of one."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


class Candidates:
    """All forms of one network, each a function of nothing that gives its answer to one row.

    Args:
        widths: of the network; None for the published ones.
    """

    def __init__(self, widths: list[int] | None) -> None:
        torch.manual_seed(0)
        self.network = ResUNet(DIM, **({"widths": widths} if widths else {})).eval()
        for module in self.network.modules():
            if isinstance(module, nn.BatchNorm2d):  # as if it had learnt: a fold that did nothing would be seen
                module.running_var.uniform_(0.5, 2)
                module.running_mean.normal_(0, 0.1)
        self.plain = copy.deepcopy(self.network).to(memory_format=torch.contiguous_format)
        self.noise = 0.1 * torch.randn(1, round(max(LONGER) * RATE))
        self.condition = torch.rand(1, DIM)

    def row(self, seconds: float = SEGMENT) -> tuple[Tensor, Tensor]:
        """What the trunk takes."""
        features = self.network.encode(self.noise[:, : round(seconds * RATE)]).tensors["features"]
        return features, self.network.shifts(self.condition)

    def step_by_step(self) -> dict[str, Work]:
        """From the published form to ours, each with all that stands above it."""
        x, shifts = self.row()
        layer = partial(changed, ConditionedLayer, "forward")
        frames = partial(changed, ResUNet, "_wanted", lambda net, _: [None] * len(net.decoder))

        def run(network: ResUNet, forward: Any, shifted: bool, whole: bool) -> Tensor:
            with layer(forward) if forward else nullcontext(), frames() if whole else nullcontext():
                return network.logits(x, shifts if shifted else network.shifts(self.condition))[0]

        return {
            "as published": lambda: run(self.plain, _separate, False, True),
            "channels last": lambda: run(self.network, _separate, False, True),
            "norm and FiLM in one pass": lambda: run(self.network, _one_pass, False, True),
            "the rectifier in place": lambda: run(self.network, None, False, True),
            "shifts of a condition computed once": lambda: run(self.network, None, True, True),
            "no frames in the decoder that nobody hears: ours": lambda: run(self.network, None, True, False),
        }

    def one_by_one(self, compiling: bool) -> tuple[dict[str, Work], dict[str, float]]:
        """Ours with one change, and the seconds that those took to make that are compiled."""
        row = self.row()
        folded_network = fold_norms(self.network)

        def run_folded() -> Tensor:
            with changed(ConditionedLayer, "forward", _offset_only):
                return folded_network.logits(*row)[0]

        works: dict[str, Work] = {"norms folded into the convolutions before": run_folded}
        takes: dict[str, float] = {}
        for name in ("openvino", "onnx"):
            engine = engines.build(name, threads=1)
            if engine.installed():
                begin = time.perf_counter()
                compiled = engine.compile(Trunk(self.network, "logits"), row, Cache(None))
                works[name], takes[name] = partial(lambda run: run(*row)[0], compiled), time.perf_counter() - begin
        if compiling:
            for name, freezing in (("torch.compile", False), ("torch.compile, weights frozen", True)):
                begin = time.perf_counter()
                with torch.inference_mode(False), torch.no_grad():
                    run = _compiled(copy.deepcopy(self.network), [each.clone() for each in row], freezing)
                works[name], takes[name] = run, time.perf_counter() - begin
        return works, takes


def _compiled(network: ResUNet, row: list[Tensor], freezing: bool) -> Work:
    import torch._inductor.config as inductor

    def run() -> Tensor:
        with torch.inference_mode(False), torch.no_grad(), changed(inductor, "freezing", freezing):
            return compiled(*row)[0]

    torch._dynamo.reset()  # otherwise it takes what it compiled before for the same
    compiled = torch.compile(network.logits)
    run()
    return run


def in_turns(
    works: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Best seconds of each, by the clock or another one; a first round warms up."""
    best = dict.fromkeys(works, float("inf"))
    for number in range(rounds + 1):
        for name, work in works.items():
            begin = clock()
            work()
            if number:
                best[name] = min(best[name], clock() - begin)
    return best


def errors(works: Mapping[str, Work]) -> dict[str, float]:
    """The largest difference from the first of them, as a share of that one's largest value."""
    answers = {name: work() for name, work in works.items()}
    reference = next(iter(answers.values()))
    return {name: float((each - reference).abs().max() / reference.abs().max()) for name, each in answers.items()}


def longer_segments(candidates: Candidates, rounds: int) -> list[dict[str, float]]:
    """Seconds of the network for each second of a long recording, by the length of its segments."""
    lengths = {f"{seconds:g}": seconds for seconds in (SEGMENT, *LONGER)}
    logits = candidates.network.logits
    works = {name: partial(logits, *candidates.row(seconds)) for name, seconds in lengths.items()}
    best = in_turns(works, rounds)
    return [{"segment": seconds, "seconds": best[name] / (seconds - OVERLAP)} for name, seconds in lengths.items()]


def shared(candidates: Candidates, rounds: int) -> dict[str, float]:
    """Best seconds of what comes before the first FiLM, and of all."""
    network, mixture = candidates.network, candidates.noise[:, : round(SEGMENT * RATE)]
    works = {
        "before": lambda: network.first(network.encode(mixture).tensors["features"]),
        "all": lambda: network.decode(network.encode(mixture), candidates.condition),
    }
    return in_turns(works, rounds)


def batches(candidates: Candidates, rounds: int, threads: int) -> dict[str, float]:
    """Seconds by the clock for `ROWS` rows of different classes: all in one batch, or each on one core."""
    network = candidates.network
    features = candidates.row()[0].expand(ROWS, -1, -1, -1).contiguous(memory_format=torch.channels_last)
    shifts = network.shifts(torch.eye(DIM)[:ROWS])

    def one(start: int, end: int) -> None:
        with torch.inference_mode():
            network.logits(features[start:end], shifts[start:end])

    with Cores() as cores:
        works = {
            "together": lambda: cores.run(one, ROWS, ROWS),
            "one for each core": lambda: cores.run(one, ROWS),
        }
        return {**in_turns(works, rounds), "threads": threads}


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="%(default)s")
    parser.add_argument("--threads", type=int, default=2, help="of the batches of different classes (%(default)s)")
    parser.add_argument("--widths", type=int, nargs="+", help="of a smaller network, to try the harness itself")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--out", type=Path, default=RESULTS, help="%(default)s")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with torch.inference_mode():
        candidates = Candidates(options.widths)
        steps = candidates.step_by_step()
        others, takes = candidates.one_by_one(not options.no_compile)
        best, error = in_turns(steps | others, options.rounds), errors(steps | others)
        lengths, before = longer_segments(candidates, options.rounds), shared(candidates, options.rounds)
        torch.set_num_threads(options.threads)
        rows = batches(candidates, options.rounds, options.threads)
    data = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "commit": commit(),
        "torch": torch.__version__,
        "load": load(),
        "steps": [{"name": name, "seconds": best[name], "error": error[name]} for name in steps],
        "others": [{"name": n, "seconds": best[n], "error": error[n], "takes": takes.get(n)} for n in others],
        "segments": lengths,
        "before FiLM": before,
        "batches": rows,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{name_of(data)}.json"
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    json.dump(data, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
