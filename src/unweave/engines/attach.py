"""Letting an engine run the trunks of a separator or a tagger; it and whoever calls it stay as they are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch

from unweave.engines.base import Engine, engines
from unweave.engines.cache import Cache
from unweave.engines.runner import Runner
from unweave.engines.trunk import Trunk
from unweave.errors import UnweaveError
from unweave.separators.base import Separator
from unweave.taggers.base import Tagger

AUTO = "auto"
PREFERRED = ("openvino", "onnx")  # the first of them that is installed

Network = TypeVar("Network", bound=Separator | Tagger)


def pick(backend: str = AUTO, precision: torch.dtype = torch.float32) -> Engine:
    """The engine of a name; "auto" takes the best that is installed.

    Args:
        backend: "auto", or a name.
        precision: that layers may compute in. PyTorch by itself computes in that of whoever calls it.

    Raises:
        UnweaveError: no such engine, its library is not installed, or it has no such precision.
    """
    half = precision != torch.float32
    if backend not in (AUTO, *engines.names()):
        raise UnweaveError(f"There is no backend {backend!r}; choose from {', '.join((AUTO, *engines.names()))}.")
    plain = engines.build("eager")
    if backend == plain.title:
        return plain
    if backend != AUTO:
        engine = engines.build(backend, precision=precision)
        engine.check()
        if half and not engine.half:
            raise UnweaveError(
                f"The backend {backend} computes in float32 alone; choose openvino or eager, or leave --precision out."
            )
        return engine
    found = (engines.build(name, precision=precision) for name in PREFERRED)
    return next((engine for engine in found if engine.installed() and (engine.half or not half)), plain)


def attach(
    network: Network,
    backend: str = AUTO,
    cache: Path | None = None,
    quantised: Mapping[str, Path] | None = None,
    say: Callable[[str], None] | None = None,
    precision: torch.dtype = torch.float32,
) -> Network:
    """Let an engine run the trunks of a network from now on, on CPUs and where no gradients are wanted.

    Args:
        network: in whose place nothing changes but who runs its trunks. Its weights must not change any more.
        backend: "auto", or the name of an engine. "auto" compiles for the best that is installed once that pays, and
            stays with it if it is faster than the network as it is.
        cache: folder of compiled networks; None to compile them afresh.
        quantised: by trunk, the file of its network in 8 bits, for an engine that can run those.
        say: called with a sentence, once, should "auto" have to do without the engine.
        precision: that whoever calls the network computes in; the engine does too.

    Returns:
        The same network.

    Raises:
        UnweaveError: no such engine, its library is not installed, or it has no such precision.
    """
    engine = pick(backend, precision)
    once = functools.lru_cache(maxsize=None)(say) if say is not None else None
    for method in network.trunks:
        file = (quantised or {}).get(method) if engine.eight_bits else None
        trunk, wait = Trunk(network, method, file), backend == AUTO and file is None
        setattr(network, method, Runner(trunk, engine, Cache(cache), wait, backend != AUTO, once))
    return network
