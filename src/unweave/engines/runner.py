"""What stands in the place of a core: it sees to it that the right engine runs it, row by row."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from unweave.engines.base import CompilingEngine, Engine, Run
from unweave.engines.cache import Cache
from unweave.engines.core import Core
from unweave.errors import UnweaveError

PATIENCE = 3.0  # s of work in the network as it is, after which compiling it (1 to 3 s) is worth a try
TRIALS = 3  # rows after which the compiled network is compared with the network as it is
MOST_SHAPES = 4  # of the tensors of a core for which it is compiled; segments have one


class Runner:
    """Runs a core for those who call it, compiled for each shape of its tensors.

    Where gradients are wanted, on other devices and in other precisions the network runs as it is.

    Args:
        core: to run.
        engine: that compiles it.
        cache: of compiled networks.
        wait: compile only once it has been seen that it pays, and stay with the network as it is if that is faster.
            Otherwise it is compiled at once, and failing to is an error.
    """

    def __init__(self, core: Core, engine: Engine, cache: Cache, wait: bool) -> None:
        self.core, self.engine, self.cache, self.wait = core, engine, cache, wait
        self._running: dict[tuple[torch.Size, ...], Run] = {}

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The core's answer.

        Raises:
            UnweaveError: the engine that was asked for cannot compile it.
        """
        first = tensors[0]
        usual = first.device.type == "cpu" and first.dtype == torch.float32 and not self.core.separator.training
        if torch.is_grad_enabled() or not usual:
            return self.core.forward(*tensors)
        results = [self._run([tensor[i : i + 1] for tensor in tensors]) for i in range(len(first))]
        return tuple(torch.cat(rows) for rows in zip(*results, strict=True))

    def __deepcopy__(self, memo: dict[int, Any]) -> Runner:
        """The same for a copy of the separator; what was compiled stays with the old one."""
        separator = copy.deepcopy(self.core.separator, memo)
        return Runner(Core(separator, self.core.name, self.core.quantised), self.engine, self.cache, self.wait)

    def _run(self, row: Sequence[Tensor]) -> tuple[Tensor, ...]:
        shapes = tuple(tensor.shape for tensor in row)
        if shapes not in self._running:
            self._running[shapes] = self._start(row) if len(self._running) < MOST_SHAPES else self.core
        return self._running[shapes](*row)

    def _start(self, row: Sequence[Tensor]) -> Run:
        if self.wait and isinstance(self.engine, CompilingEngine):
            return Trial(self.core, self.engine, self.cache)
        try:
            return self.engine.compile(self.core, row, self.cache)
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise UnweaveError(
                f"The backend {self.engine.title} cannot run this model: {reason}. Choose --backend eager."
            ) from error


class Trial:
    """Runs a core as it is at first, then compiled, and in the end by the faster of the two.

    Compiling takes as long as several rows, so it waits until `PATIENCE` seconds have gone by in the network: a short
    recording never pays for it, a long one loses little. What an earlier process compiled is used from the first row
    on; that compiling did not help is remembered too.
    """

    def __init__(self, core: Core, engine: CompilingEngine, cache: Cache) -> None:
        self._core, self._engine, self._cache = core, engine, cache
        self._name: str | None = None
        self._plain: list[float] = []  # seconds of rows
        self._trials: list[float] = []
        self._compiled: Run | None = None
        self._chosen: Run | None = None

    def __call__(self, *row: Tensor) -> tuple[Tensor, ...]:
        """One row."""
        if self._chosen is None and self._compiled is None:
            self._consider(row)
        if self._chosen is not None:
            return self._chosen(*row)
        begin = time.perf_counter()
        result = (self._compiled or self._core)(*row)
        (self._trials if self._compiled else self._plain).append(time.perf_counter() - begin)
        if len(self._trials) == TRIALS:
            self._choose()
        return result

    def _consider(self, row: Sequence[Tensor]) -> None:
        """Whether the time to compile has come."""
        if self._name is None:
            self._name = self._engine.cached_as(self._core, row)
            found = self._cache.read(self._name)
            if found is not None:
                self._chosen = self._compile(row) if found else self._core
        elif sum(self._plain) >= PATIENCE:
            self._compiled = self._compile(row)

    def _compile(self, row: Sequence[Tensor]) -> Run:
        try:
            return self._engine.compile(self._core, row, self._cache)
        except Exception:  # whatever a library dislikes here: the network as it is always runs
            return self._core

    def _choose(self) -> None:
        assert self._name is not None
        if min(self._trials) < min(self._plain):
            self._chosen = self._compiled
        else:
            self._chosen = self._core
            self._cache.write(self._name, b"")
        self._compiled = None
