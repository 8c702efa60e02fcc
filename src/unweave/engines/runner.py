"""What stands in the place of a trunk: it sees to it that the right engine runs it."""

from __future__ import annotations

import copy
import math
import os
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
from unweave.surroundings import Process, keep_for_good

SAVED = 0.2  # of the work, which a compiled network may be hoped to save
STARTING, COMPILED, MOST_COMPILING = 0.8, 2e7, 5.0  # s to compile a small network, bytes of weights in a second more, s
LOADING, LOADED = 0.4, 2e8  # s that the library of an engine takes to start, bytes of a compiled network in a second
NOTED = 0.5  # s of work after which the next process shall know of it
LEAST = 0.15  # of the time, which it must save: for less it is not worth its memory and its loading
TRIALS = 4  # calls after which the compiled network is compared with PyTorch alone
FASTER, SLOWER = "faster", "slower"  # notes of how that ended
_USERS: dict[str, int] = {}  # by title of an engine, the process that used it first
MOST_SHAPES = 4  # of the tensors of a trunk for which it is compiled; segments have one


class Runner:
    """Runs a trunk for those who call it, compiled for each shape of its tensors.

    Where gradients are wanted, on other devices and in other precisions than that of the engine the network runs as it
    is. In half precision too what goes in and what comes out is in float32, whoever runs it.

    Args:
        trunk: to run.
        engine: that compiles it.
        cache: of compiled networks.
        wait: compile only once it has been seen that it pays, and stay with PyTorch alone if that is faster, from the
            first on where it is known to be as fast as anything. Otherwise it is compiled at once.
        strict: whether failing to compile at once is an error; else PyTorch alone runs it.
        say: called with a sentence if PyTorch alone runs it because the engine fails.
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
        self._forget()

    def _forget(self) -> None:
        """Nothing is compiled, nobody compiles."""
        self._running: dict[tuple[torch.Size, ...], Run] = {}
        self._turn = threading.Lock()
        self._process = Process()

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The trunk's answer.

        Raises:
            UnweaveError: the engine that was asked for cannot compile it.
        """
        half = self.engine.precision != torch.float32
        fits = torch.is_autocast_enabled("cpu") == half and (half or tensors[0].dtype == torch.float32)
        usual = tensors[0].device.type == "cpu" and fits
        # Who traces a network wants the operations of its layers, not those that are the quickest here.
        traced: bool = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        plain = torch.is_grad_enabled() or traced or self.trunk.owner.training
        if plain or not usual:
            return self.trunk.forward(*tensors)
        if not half:
            return self._run(*tensors)
        return tuple(each.float() for each in self._run(*(tensor.float() for tensor in tensors)))

    def _run(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        if self._process.has_forked():
            # The threads of an engine's library stay behind in the parent. It would wait for them for ever: when it is
            # asked for anything, and when what it compiled is given up.
            keep_for_good(self._running)
            self._forget()
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

    def __getstate__(self) -> dict[str, Any]:
        """What another process can use: not what was compiled, nor whom to tell."""
        left_out = ("_running", "_turn", "_process", "say")
        return {name: value for name, value in self.__dict__.items() if name not in left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, say=None)
        self._forget()

    def _start(self, row: Sequence[Tensor]) -> Run:
        if len(self._running) >= MOST_SHAPES or _is_fork_of_user(self.engine):
            return self._plain()
        if self.wait and self.engine.precision == torch.float32 and self.trunk.quick.unrivalled:
            return self._plain()
        if self.wait and isinstance(self.engine, CompilingEngine):
            return Trial(self.trunk, self._plain(), self.engine, self.cache, self.say)
        try:
            return self.engine.compile(self.trunk, row, self.cache)
        except Exception as error:
            if not self.strict:
                _tell(self.say, self.engine, error)
                return self._plain()
            raise UnweaveError(
                f"The backend {self.engine.title} cannot run this model: {_reason(error)}. Choose --backend eager."
            ) from error

    def _plain(self) -> Run:
        """PyTorch alone. Fewer multiplications are not for half precision: what they add up needs more digits."""
        return self.trunk if self.engine.precision != torch.float32 else self.trunk.quick


class Trial:
    """Runs a trunk by PyTorch alone at first, then compiled, and in the end by the faster of the two.

    Compiling takes as long as many rows, so it waits until the network has worked for so long that a compiled one would
    have saved as much: however short or long a recording is, what was lost is never more than what was done in time
    would have cost. Work of earlier processes counts, so that many short recordings are worth it, too. What one of them
    compiled is loaded when that is worth it in the same way. Which of the two was the faster is remembered; what is
    hardly faster compiled is given up. Should the engine fail, PyTorch alone does all the rest.
    """

    def __init__(
        self,
        trunk: Trunk,
        by_torch: Run,
        engine: CompilingEngine,
        cache: Cache,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._trunk, self._by_torch = trunk, by_torch
        self._engine, self._cache, self._say = engine, cache, say
        self._name: str | None = None
        self._size: int | None = None  # in the cache
        self._compiled: Run | None = None
        self._chosen: Run | None = None
        self._proven = False  # that what is in the cache is faster
        self._takes = 0.0  # s to compile it, or to load what is in the cache
        self._before, self._spent, self._noted = 0.0, 0.0, 0.0  # s of work in earlier processes, in this one, noted
        self._plain, self._trials = math.inf, list[float]()  # s of a core for a row: by torch at best, compiled
        self._turn = threading.Condition()
        self._busy, self._since = 0, 0.0  # calls that are under way; when that number last changed

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Any number of rows."""
        if self._chosen is not None:
            return self._run(self._chosen, tensors)
        with self._turn:
            self._consider([tensor[:1] for tensor in tensors])
            run: Run = self._chosen or self._compiled or self._by_torch
            begin = self._pass_to(self._busy + 1)
        try:
            result = self._run(run, tensors)
            with self._turn:
                if self._chosen is None:
                    # A row that had all cores for itself was no faster than another one beside which others ran.
                    seconds = (time.perf_counter() - begin) * torch.get_num_threads()
                    self._judge(seconds, len(tensors[0]), run is not self._by_torch)
            return result
        finally:
            with self._turn:
                self._pass_to(self._busy - 1)
                self._turn.notify_all()

    def _pass_to(self, busy: int) -> float:
        """Count calls that are under way, and the time in which there are any; the time now."""
        now = time.perf_counter()
        if self._busy:
            self._spent += now - self._since
        self._busy, self._since = busy, now
        undecided = self._size is None and self._compiled is None and self._chosen is None
        if undecided and self._spent - self._noted >= NOTED:
            self._remember(f"{self._before + self._spent:.2f}")
            self._noted = self._spent
        return now

    def _run(self, run: Run, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        try:
            return run(*tensors)
        except Exception as error:
            if run is self._by_torch:
                raise
            self._give_up(error)
            return self._by_torch(*tensors)

    def _consider(self, row: Sequence[Tensor]) -> None:
        """Compile if the time for it has come, once no row is under way: both need much memory."""
        if self._name is None:
            self._name = self._engine.cached_as(self._trunk, row)
            self._size, note = self._cache.size(self._name), self._cache.note(self._name)
            self._proven = note == FASTER and self._size is not None
            if note == SLOWER:
                self._chosen = self._by_torch
            if self._size is None:
                self._before, self._takes = _seconds(note), self._compiling()
            else:
                self._takes = LOADING + self._size / LOADED
        while self._chosen is None and self._compiled is None and SAVED * (self._before + self._spent) >= self._takes:
            if self._busy:
                self._turn.wait()  # meanwhile another thread may have done it
            else:
                self._compiled = self._compile(row)
                if self._proven:
                    self._chosen = self._compiled

    def _compiling(self) -> float:
        weights = sum(each.numel() * each.element_size() for each in self._trunk.parameters())
        return min(STARTING + weights / COMPILED, MOST_COMPILING)

    def _compile(self, row: Sequence[Tensor]) -> Run | None:
        self._trunk.quick.release()  # both need much memory
        try:
            return self._engine.compile(self._trunk, row, self._cache)
        except Exception as error:  # whatever a library dislikes here: PyTorch always runs it
            self._give_up(error)
            return self._chosen

    def _give_up(self, error: Exception) -> None:
        self._chosen = self._by_torch
        self._remember("0")  # the next process waits as long as this one did
        _tell(self._say, self._engine, error)

    def _judge(self, seconds: float, rows: int, compiled: bool) -> None:
        if not compiled:
            self._plain = min(self._plain, seconds / rows)
            return
        self._trials.append(seconds / rows)
        if len(self._trials) == TRIALS:
            faster = min(self._trials) < (1 - LEAST) * self._plain
            self._chosen = self._compiled if faster else self._by_torch
            self._compiled = None  # it holds as much memory as PyTorch's way needs
            self._remember(FASTER if faster else SLOWER)

    def _remember(self, note: str) -> None:
        if self._name is not None:
            self._cache.write_note(self._name, note)


def _is_fork_of_user(engine: Engine) -> bool:
    """Whether an ancestor of this process has used the engine's library, whose threads stayed behind there."""
    return _USERS.setdefault(engine.title, os.getpid()) != os.getpid()


def _seconds(note: str) -> float:
    """Those that a note tells of; a note of something else tells of none."""
    try:
        return max(0.0, float(note))
    except ValueError:
        return 0.0


def _tell(say: Callable[[str], None] | None, engine: Engine, error: Exception) -> None:
    if say is not None:
        say(
            f"PyTorch goes on alone, more slowly and with the same results: {engine.title} could not run this model "
            f"here ({_reason(error)})."
        )


def _reason(error: Exception) -> str:
    """The first line of what a library says."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
