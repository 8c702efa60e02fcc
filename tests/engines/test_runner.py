"""When "auto" compiles, and what it learns from it."""

from __future__ import annotations

import gc
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor

from unweave.engines import runner
from unweave.engines.base import CompilingEngine, Run
from unweave.engines.cache import Cache
from unweave.engines.quick import Quick
from unweave.engines.runner import Runner
from unweave.engines.trunk import Trunk
from unweave.separators.base import Encoding, Separator

PATIENCE = math.ceil(runner.STARTING / runner.SAVED)  # rows of a second before a network without weights is compiled
LOADING = math.ceil(
    (runner.LOADING + 1 / runner.LOADED) / runner.SAVED
)  # and before what an earlier process compiled is loaded


class Clock:
    """A clock that goes on only when told to."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


class Doubling(Separator):
    """Its trunk doubles, and takes a second for each row."""

    sample_rate, condition_dim, trunks = 8000, 1, ("double",)
    seconds = 1.0

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock, self.rows = clock, 0
        self.eval()

    def double(self, x: Tensor) -> tuple[Tensor]:
        self.clock.now += self.seconds * len(x)
        self.rows += len(x)
        return (2 * x,)

    def encode(self, mixture: Tensor) -> Encoding:
        return Encoding({"x": mixture}, mixture.shape[1])

    def decode(self, encoding: Encoding, condition: Tensor) -> Tensor:
        return self.double(encoding.tensors["x"])[0]


class Fake(CompilingEngine):
    """Doubles in `seconds`; what it built is one byte."""

    title = "fake"

    def __init__(self, clock: Clock, seconds: float, broken: str = "") -> None:
        super().__init__(threads=1)
        self.clock, self.seconds, self.broken = clock, seconds, broken
        self.built = self.rows = 0

    def build(self, trunk: Trunk, examples: Sequence[Tensor]) -> bytes:
        self.built += 1
        if self.broken == "build":
            raise RuntimeError("out of luck")
        return b"x"

    def load(self, data: bytes) -> Run:
        def run(x: Tensor) -> tuple[Tensor, ...]:
            if self.broken == "run" and self.rows:
                raise RuntimeError("out of memory\nat line 3")
            self.clock.now += self.seconds * len(x)
            self.rows += len(x)
            return (2 * x,)

        self.loaded = weakref.ref(run)
        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(runner, "time", clock)
    return clock


def start(
    clock: Clock, engine: Fake, folder: Path, say: Callable[[str], None] | None = None
) -> tuple[Doubling, Runner]:
    separator = Doubling(clock)
    return separator, Runner(Trunk(separator, "double"), engine, Cache(folder), wait=True, say=say)


@torch.inference_mode()
def ask(run: Runner, rows: int) -> None:
    for _ in range(rows):
        x = torch.randn(1, 4)
        assert torch.equal(run(x)[0], 2 * x)


def test_a_short_recording_never_waits_for_compiling(clock: Clock, tmp_path: Path) -> None:
    engine = Fake(clock, 0.1)
    separator, run = start(clock, engine, tmp_path)
    ask(run, PATIENCE)
    assert engine.built == 0 and separator.rows == PATIENCE


def test_a_long_one_is_compiled_and_the_next_process_need_not(clock: Clock, tmp_path: Path) -> None:
    engine = Fake(clock, 0.1)
    separator, run = start(clock, engine, tmp_path)
    ask(run, 20)
    assert (engine.built, separator.rows, engine.rows) == (1, PATIENCE, 20 - PATIENCE)
    again, run = start(clock, engine, tmp_path)
    ask(run, 4)
    assert (engine.built, again.rows) == (1, LOADING)


@pytest.mark.parametrize(("seconds", "note"), [(0.8, runner.FASTER), (0.9, runner.SLOWER), (1.1, runner.SLOWER)])
def test_what_saves_little_is_not_worth_it(seconds: float, note: str, clock: Clock, tmp_path: Path) -> None:
    engine = Fake(clock, seconds)
    separator, run = start(clock, engine, tmp_path)
    ask(run, PATIENCE + runner.TRIALS + 5)
    assert separator.rows == PATIENCE + 5 * (note == runner.SLOWER)
    assert run.cache.note(engine.cached_as(run.trunk, [torch.zeros(1, 4)])) == note
    gc.collect()
    assert (engine.loaded() is None) == (note == runner.SLOWER), "what is not kept holds no memory"


def test_what_takes_long_to_load_waits_as_long(clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOADED", 0.5)  # bytes a second
    engine = Fake(clock, 0.1)
    ask(start(clock, engine, tmp_path)[1], 20)
    separator, run = start(clock, engine, tmp_path)
    ask(run, 20)
    rows = math.ceil((runner.LOADING + 2) / runner.SAVED)  # which save what the library takes, and 2 s for a byte
    assert (engine.built, separator.rows) == (1, rows)


def test_large_networks_wait_longer(clock: Clock, tmp_path: Path) -> None:
    for megabytes, seconds in ((0, 0.8), (18, 1.7), (60, 3.8), (6000, 5.0)):
        engine = Fake(clock, 0.1)
        separator, run = start(clock, engine, tmp_path)
        weight = torch.zeros(1).expand(250_000 * megabytes)
        separator.weight = torch.nn.Parameter(weight, requires_grad=False)
        run.trunk.fingerprint = lambda *_, name=str(megabytes): name  # type: ignore[method-assign]
        ask(run, math.ceil(seconds / runner.SAVED) + 1)
        assert (engine.built, separator.rows) == (1, math.ceil(seconds / runner.SAVED))


def test_many_short_recordings_are_worth_it_together(clock: Clock, tmp_path: Path) -> None:
    engine = Fake(clock, 0.1)
    for _ in range(PATIENCE):  # processes
        ask(start(clock, engine, tmp_path)[1], 1)
        assert engine.built == 0
    separator, run = start(clock, engine, tmp_path)
    ask(run, 5)
    assert (engine.built, separator.rows) == (1, 0)


def test_calls_at_one_time_count_once(clock: Clock, tmp_path: Path) -> None:
    """What is weighed is the time by the clock: while it is compiled all of them wait."""
    inside = threading.Barrier(4, action=lambda: setattr(clock, "now", clock.now + 1))

    class Together(Doubling):
        def double(self, x: Tensor) -> tuple[Tensor]:
            inside.wait(10)
            self.rows += 1
            return (2 * x,)

    engine = Fake(clock, 0.1)
    separator = Together(clock)
    run = Runner(Trunk(separator, "double"), engine, Cache(tmp_path), wait=True)
    with ThreadPoolExecutor(4) as pool:
        for turn in range(PATIENCE):
            assert engine.built == 0, turn
            list(pool.map(lambda _: ask(run, 1), range(4)))
    ask(run, 1)
    assert (engine.built, separator.rows) == (1, 4 * PATIENCE)


def test_what_somebody_else_compiled_is_tried_before_it_is_trusted(clock: Clock, tmp_path: Path) -> None:
    """Whoever names an engine fills the cache, faster or not."""
    engine = Fake(clock, 1.5)
    separator = Doubling(clock)
    ask(Runner(Trunk(separator, "double"), engine, Cache(tmp_path), wait=False), 3)
    assert (engine.built, separator.rows) == (1, 0)
    separator, run = start(clock, engine, tmp_path)
    ask(run, 20)
    assert (engine.built, separator.rows) == (1, 20 - runner.TRIALS)


def test_the_network_stays_as_it_is_where_compiling_does_not_help(clock: Clock, tmp_path: Path) -> None:
    engine = Fake(clock, 1.5)
    separator, run = start(clock, engine, tmp_path)
    ask(run, 20)
    assert engine.rows == runner.TRIALS and separator.rows == 20 - runner.TRIALS
    again, run = start(clock, engine, tmp_path)
    ask(run, 20)
    assert engine.built == 1 and again.rows == 20
    for note in tmp_path.glob("*.note"):
        os.utime(note, (0, 0))
    again, run = start(clock, engine, tmp_path)
    ask(run, 20)
    assert engine.built == 1 and again.rows == 20 - runner.TRIALS  # after a week it is tried again


@pytest.mark.parametrize(("when", "reason", "rows"), [("build", "out of luck", 20), ("run", "out of memory", 19)])
def test_a_library_that_fails_is_no_trouble(when: str, reason: str, rows: int, clock: Clock, tmp_path: Path) -> None:
    engine, said = Fake(clock, 0.1, broken=when), list[str]()
    separator, run = start(clock, engine, tmp_path, said.append)
    ask(run, 20)
    assert (engine.built, separator.rows) == (1, rows)
    assert said == [
        f"PyTorch goes on alone, more slowly and with the same results: fake could not run this model here ({reason})."
    ]
    again, run = start(clock, engine, tmp_path)
    ask(run, 1)
    assert (engine.built, again.rows) == (1, 1)  # the next process does not begin with what failed


def test_what_counts_is_the_time_of_a_row(clock: Clock, tmp_path: Path) -> None:
    """A compiled batch of four that takes longer than a single row did before is still the faster one."""
    engine = Fake(clock, 0.5)
    separator, run = start(clock, engine, tmp_path)
    ask(run, PATIENCE)
    with torch.inference_mode():
        for _ in range(10):
            run(torch.randn(4, 4))
    assert (separator.rows, engine.rows) == (PATIENCE, 40)


def test_a_row_that_had_all_cores_was_not_a_faster_one(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch shares it out among them, an engine whose rows have a core each does not."""
    engine = Fake(clock, 0.7)
    separator, run = start(clock, engine, tmp_path)
    for number, separator.seconds in ((1, 1.0), (2, 0.6), (1, 1.0)):
        monkeypatch.setattr(torch, "get_num_threads", lambda number=number: number)
        ask(run, 1)
    ask(run, PATIENCE + runner.TRIALS)
    assert run.cache.note(engine.cached_as(run.trunk, [torch.zeros(1, 4)])) == runner.FASTER


def test_threads_that_come_at_once_compile_once(clock: Clock, tmp_path: Path) -> None:
    engine = Fake(clock, 0.1)
    _, run = start(clock, engine, tmp_path)

    def work(_: int) -> None:
        ask(run, 20)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert engine.built == 1


def test_nothing_else_needs_memory_while_it_is_compiled(clock: Clock, tmp_path: Path) -> None:
    under_way, seen, lock = [0], list[int](), threading.Lock()

    class Slow(Doubling):
        def double(self, x: Tensor) -> tuple[Tensor]:
            with lock:
                under_way[0] += 1
            time.sleep(0.005)
            with lock:
                under_way[0] -= 1
            return super().double(x)

    class Watching(Fake):
        def build(self, trunk: Trunk, examples: Sequence[Tensor]) -> bytes:
            seen.append(under_way[0])
            time.sleep(0.02)
            seen.append(under_way[0])
            return super().build(trunk, examples)

    run = Runner(Trunk(Slow(clock), "double"), Watching(clock, 0.1), Cache(tmp_path), wait=True)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ask(run, 10), range(4)))
    assert seen == [0, 0]


def test_other_weights_are_compiled_anew(clock: Clock, tmp_path: Path) -> None:
    engine = Fake(clock, 0.1)
    for value in (1.0, 2.0):
        separator, run = start(clock, engine, tmp_path)
        separator.register_buffer("weight", torch.tensor([value]))
        ask(run, 20)
    assert engine.built == 2


@pytest.mark.parametrize(("quick", "wait", "built"), [(True, True, 0), (True, False, 1), (False, True, 1)])
@torch.inference_mode()
def test_what_pytorch_does_as_fast_as_anything_is_compiled_only_when_asked_for(
    quick: bool, wait: bool, built: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Quick, "unrivalled", property(lambda self: quick))
    clock = Clock()
    monkeypatch.setattr(runner, "time", clock)
    network, fake = Doubling(clock), Fake(clock, 0.1)
    run = Runner(Trunk(network, "double"), fake, Cache(None), wait)
    for _ in range(PATIENCE + 2):
        run(torch.ones(1, 8))
    assert fake.built == built
