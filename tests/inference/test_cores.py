"""Work is done once, whoever does it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from unweave.inference import cores as cores_module
from unweave.inference.cores import MOST_WORKERS, TASKS, Cores, wait_for_the_end


@pytest.fixture(params=[1, 2, 5])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize(("count", "each"), [(0, 1), (1, 1), (7, 1), (7, 2), (3, 9)])
def test_every_piece_is_done_once(threads: int, count: int, each: int) -> None:
    done: list[int] = []

    def work(start: int, end: int) -> None:
        assert 0 < end - start <= each
        done.extend(range(start, end))

    with Cores() as cores:
        assert cores.workers == min(threads, MOST_WORKERS)
        cores.run(work, count, each)
        cores.run(work, count, each)
    assert sorted(done) == sorted([*range(count), *range(count)])


def test_torch_does_not_share_out_again_what_is_shared_out(threads: int) -> None:
    inside: list[int] = []
    with Cores() as cores:
        cores.run(lambda start, end: inside.append(torch.get_num_threads()), 9)
        assert torch.get_num_threads() == threads
    assert set(inside) == {threads // cores.workers}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_a_last_piece_that_would_be_alone_comes_last_and_has_all_cores(threads: int, count: int) -> None:
    inside: list[tuple[int, int]] = []
    with Cores() as cores:
        cores.run(lambda start, end: inside.append((start, torch.get_num_threads())), count, layered=True)
        each = threads if min(count, cores.workers) == 1 else threads // cores.workers
        assert {number for _, number in inside[:-1]} <= {each}
        assert count % cores.workers != 1 or inside[-1] == (count - 1, threads)
        assert sorted(start for start, _ in inside) == list(range(count))


def test_pieces_are_worked_on_at_the_same_time(threads: int) -> None:
    with Cores() as cores:
        together = threading.Barrier(cores.workers, timeout=3000)  # nobody gets on alone
        cores.run(lambda start, end: [together.wait()] and None, 2 * cores.workers)


def test_no_thread_is_left_when_it_is_over(threads: int) -> None:
    """To its very end: libraries clear up there, and a process that is forked meanwhile inherits their locks."""
    there: set[int] = set()
    for _ in range(20):
        there.clear()
        with Cores() as cores:
            cores.run(lambda start, end: there.add(threading.get_native_id()), 2 * cores.workers)
        assert {number for number in there if (TASKS / str(number)).exists()} <= {threading.get_native_id()}


def test_a_thread_that_does_not_end_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores_module, "LONGEST_END", 0.01)
    wait_for_the_end([threading.get_native_id()])


def test_errors_come_out_and_leave_torch_as_it_was(threads: int) -> None:
    def work(start: int, end: int) -> None:
        raise KeyError(start)

    with Cores() as cores, pytest.raises(KeyError):
        cores.run(work, 3)
    assert torch.get_num_threads() == threads
