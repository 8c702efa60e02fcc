"""How long each 3 x 3 convolution of a network takes in torch's way and in ours, by shape (`unweave.engines.quick`).

    python benchmarks/convolutions.py                        # ResUNet30, the model in the box, CNN14; one thread
    python benchmarks/convolutions.py --older                # on this processor as one without AVX-512
    python benchmarks/convolutions.py resunet --repeats 2

Both take turns; the best of each, in ms. `share` is ours of torch's. Of the model in the box then whole blocks, norm
and rectifier too: layer by layer, wide convolutions in our way, and in strips (`unweave.engines.modulated_blocks`).
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from candidates import Candidates, in_turns
from machine import machine
from made_older import again_as_older, is_older
from torch import nn

from unweave import load_model
from unweave.engines.modulated_blocks import QuickModulated
from unweave.engines.quick import QuickConvolution, is_wide
from unweave.separators.small import Block
from unweave.taggers import taggers

SECONDS = {"resunet": 2.2, "small": 2.0, "cnn14": 2.2}
ROWS = {"resunet": 1, "small": 4, "cnn14": 6}
Shape = tuple[int, ...]


def works(name: str) -> tuple[nn.Module, Callable[[], object]]:
    """A network, and what makes it work on a segment or a few."""
    wave = 0.1 * torch.randn(ROWS[name], round(SECONDS[name] * 32000))
    if name == "resunet":
        candidates = Candidates(None)
        return candidates.network, lambda: candidates.network.logits(*candidates.row(SECONDS[name]))
    if name == "cnn14":
        tagger = taggers.build("panns-cnn14").eval()
        return tagger, lambda: tagger(wave)
    separator = load_model("small", device="cpu").separator
    for method in separator.trunks:
        setattr(separator, method, partial(getattr(type(separator), method), separator))
    asked = torch.eye(separator.condition_dim)[: len(wave)]
    return separator, lambda: separator.decode(separator.encode(wave), asked)


def layers(network: nn.Module, work: Callable[[], object]) -> Counter[tuple[nn.Conv2d, Shape]]:
    """Each wide convolution with the shape of what comes, and how often it does."""
    found: Counter[tuple[nn.Conv2d, Shape]] = Counter()

    def note(layer: nn.Conv2d, inputs: Any, _: Any) -> None:
        found[layer, tuple(inputs[0].shape)] += 1

    hooks = [layer.register_forward_hook(note) for layer in network.modules() if is_wide(layer)]
    work()
    for hook in hooks:
        hook.remove()
    return found


def blocks(network: nn.Module, work: Callable[[], object], repeats: int) -> None:
    """Print how long each block takes, layer by layer and in strips."""
    found: dict[tuple[int, ...], tuple[Block, tuple[Any, ...]]] = {}

    def note(block: Block, inputs: Any, _: Any) -> None:
        found.setdefault((*inputs[0].shape, len(inputs)), (block, inputs))

    hooks = [module.register_forward_hook(note) for module in network.modules() if type(module) is Block]
    work()
    for hook in hooks:
        hook.remove()
    print(f"\n{'blocks':>12} {'map':>14} {'layers':>8} {'strips':>8} {'share':>6}")
    for block, inputs in found.values():
        by_layer = copy.deepcopy(block)
        by_layer.convs = nn.ModuleList(QuickConvolution(layer) if is_wide(layer) else layer for layer in by_layer.convs)
        ways = {"layers": partial(by_layer, *inputs), "strips": partial(QuickModulated(block), *inputs)}
        took = {way: 1000 * seconds for way, seconds in in_turns(ways, repeats).items()}
        rows, channels, high, wide = inputs[0].shape
        size, share = f"{rows} x {high} x {wide}", took["strips"] / took["layers"]
        print(f"{channels:>12} {size:>14} {took['layers']:8.1f} {took['strips']:8.1f} {share:6.2f}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=list(ROWS), help=", ".join(ROWS))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--older", action="store_true", help="as on a processor without AVX-512")
    asked = parser.parse_args()
    if asked.older and not is_older():
        return again_as_older()
    torch.set_num_threads(asked.threads)
    print(f"{machine()}{', made older' if asked.older else ''}")
    for name in asked.networks:
        with torch.inference_mode():
            network, work = works(name)
            sums = dict.fromkeys(("torch", "ours"), 0.0)
            print(f"\n{name}\n{'channels':>12} {'map':>14} {'torch':>8} {'ours':>8} {'share':>6}")
            for (layer, shape), often in layers(network, work).items():
                x = torch.randn(shape).contiguous(memory_format=torch.channels_last)
                ways = {"torch": partial(layer, x), "ours": partial(QuickConvolution(layer), x)}
                took = {way: 1000 * seconds for way, seconds in in_turns(ways, asked.repeats).items()}
                for way in sums:
                    sums[way] += often * took[way]
                channels, size = f"{layer.in_channels} > {layer.out_channels}", f"{shape[0]} x {shape[2]} x {shape[3]}"
                share = took["ours"] / took["torch"]
                print(f"{channels:>12} {size:>14} {took['torch']:8.1f} {took['ours']:8.1f} {share:6.2f}")
            print(f"{'all':>27} {sums['torch']:8.1f} {sums['ours']:8.1f} {sums['ours'] / sums['torch']:6.2f}")
            if name == "small":
                blocks(network, work, asked.repeats)
    return 0


if __name__ == "__main__":
    sys.exit(main())
