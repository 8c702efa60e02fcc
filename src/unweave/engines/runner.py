"""What stands in the place of a trunk: it sees to it that the right engine runs it."""

from __future__ import annotations

import copy
import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from unweave.engines.base import CompilingEngine, Engine, Run
from unweave.engines.cache import Cache
from unweave.engines.trunk import Trunk
from unweave.errors import UnweaveError

PATIENCE = 3.0  # s of work in the network as it is, after which compiling it (1 to 3 s) is worth a try
STARTING = 0.4  # s that the library of an engine takes to start
LOADED = 2e8  # bytes of a compiled network that are made ready in a second
TRIALS = 4  # calls after which the compiled network is compared with the network as it is
MOST_SHAPES = 4  # of the tensors of a trunk for which it is compiled; segments have one


class Runner:
    """Runs a trunk for those who call it, compiled for each shape of its tensors.

    Where gradients are wanted, on other devices and in other precisions the network runs as it is.

    Args:
        trunk: to run.
        engine: that compiles it.
        cache: of compiled networks.
        wait: compile only once it has been seen that it pays, and stay with the network as it is if that is faster.
            Otherwise it is compiled at once.
        strict: whether failing to compile at once is an error; else the network runs as it is.
        say: called with a sentence if the network runs as it is because the engine fails.
    """

    def __init__(
        self,
        trunk: Trunk,
        engine: Engine,
        cache: Cache,
        wait: bool,
        strict: bool = False,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.trunk, self.engine, self.cache = trunk, engine, cache
        self.wait, self.strict, self.say = wait, strict, say
        self._running: dict[tuple[torch.Size, ...], Run] = {}
        self._turn = threading.Lock()

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The trunk's answer.

        Raises:
            UnweaveError: the engine that was asked for cannot compile it.
        """
        first = tensors[0]
        usual = first.device.type == "cpu" and first.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
        if torch.is_grad_enabled() or not usual or self.trunk.owner.training:
            return self.trunk.forward(*tensors)
        shapes = tuple(tensor.shape[1:] for tensor in tensors)
        if shapes not in self._running:
            with self._turn:
                if shapes not in self._running:
                    self._running[shapes] = self._start([tensor[:1] for tensor in tensors])
        return self._running[shapes](*tensors)

    def __deepcopy__(self, memo: dict[int, Any]) -> Runner:
        """The same for a copy of the network; what was compiled stays with the old one."""
        owner = copy.deepcopy(self.trunk.owner, memo)
        trunk = Trunk(owner, self.trunk.name, self.trunk.quantised)
        return Runner(trunk, self.engine, self.cache, self.wait, self.strict, self.say)

    def _start(self, row: Sequence[Tensor]) -> Run:
        if len(self._running) >= MOST_SHAPES:
            return self.trunk
        if self.wait and isinstance(self.engine, CompilingEngine):
            return Trial(self.trunk, self.engine, self.cache, self.say)
        try:
            return self.engine.compile(self.trunk, row, self.cache)
        except Exception as error:
            if not self.strict:
                _tell(self.say, self.engine, error)
                return self.trunk
            raise UnweaveError(
                f"The backend {self.engine.title} cannot run this model: {_reason(error)}. Choose --backend eager."
            ) from error


class Trial:
    """Runs a trunk as it is at first, then compiled, and in the end by the faster of the two.

    Compiling takes as long as several rows, so it waits until `PATIENCE` seconds have gone by in the network: a short
    recording never pays for it, a long one loses little. What an earlier process compiled waits likewise for as long as
    it takes to load it; that compiling did not help is remembered too. Should the engine fail, the network as it is
    does all the rest.
    """

    def __init__(
        self, trunk: Trunk, engine: CompilingEngine, cache: Cache, say: Callable[[str], None] | None = None
    ) -> None:
        self._trunk, self._engine, self._cache, self._say = trunk, engine, cache, say
        self._name: str | None = None
        self._size: int | None = None  # in the cache
        self._compiled: Run | None = None
        self._chosen: Run | None = None
        self._spent, self._plain = 0.0, math.inf  # seconds in the network as it is: all of them, the best of a row
        self._trials: list[float] = []
        self._turn = threading.Condition()
        self._busy = 0  # calls that are under way

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Any number of rows."""
        if self._chosen is not None:
            return self._run(self._chosen, tensors)
        with self._turn:
            self._consider([tensor[:1] for tensor in tensors])
            run: Run = self._chosen or self._compiled or self._trunk
            self._busy += 1
        begin = time.perf_counter()
        try:
            result = self._run(run, tensors)
            with self._turn:
                if self._chosen is None:
                    self._note(time.perf_counter() - begin, len(tensors[0]), run is not self._trunk)
            return result
        finally:
            with self._turn:
                self._busy -= 1
                self._turn.notify_all()

    def _run(self, run: Run, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        try:
            return run(*tensors)
        except Exception as error:
            if run is self._trunk:
                raise
            self._give_up(error)
            return self._trunk.forward(*tensors)

    def _consider(self, row: Sequence[Tensor]) -> None:
        """Compile if the time for it has come, once no row is under way: both need much memory."""
        if self._name is None:
            self._name = self._engine.cached_as(self._trunk, row)
            self._size = self._cache.size(self._name)
            if self._size is not None and self._size <= 0:
                self._chosen = self._trunk
        wait = PATIENCE if self._size is None else STARTING + self._size / LOADED
        while self._chosen is None and self._compiled is None and self._spent >= wait:
            if self._busy:
                self._turn.wait()  # meanwhile another thread may have done it
            elif self._size is None:
                self._compiled = self._compile(row)
            else:
                self._chosen = self._compile(row)

    def _compile(self, row: Sequence[Tensor]) -> Run | None:
        try:
            return self._engine.compile(self._trunk, row, self._cache)
        except Exception as error:  # whatever a library dislikes here: the network as it is always runs
            self._give_up(error)
            return self._chosen

    def _give_up(self, error: Exception) -> None:
        self._chosen = self._trunk
        _tell(self._say, self._engine, error)

    def _note(self, seconds: float, rows: int, compiled: bool) -> None:
        if not compiled:
            self._spent += seconds
            self._plain = min(self._plain, seconds / rows)
            return
        self._trials.append(seconds / rows)
        if len(self._trials) == TRIALS:
            faster = min(self._trials) < self._plain
            self._chosen = self._compiled if faster else self._trunk
            if not faster and self._name is not None:
                self._cache.write(self._name, b"")


def _tell(say: Callable[[str], None] | None, engine: Engine, error: Exception) -> None:
    if say is not None:
        say(
            f"PyTorch goes on alone, more slowly and with the same results: {engine.title} could not run this model "
            f"here ({_reason(error)})."
        )


def _reason(error: Exception) -> str:
    """The first line of what a library says."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
