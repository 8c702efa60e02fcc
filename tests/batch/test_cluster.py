"""The driver over Ray, with a stand-in for Ray whose actors die when they are told to.

With Ray itself: `python benchmarks/batch_kills.py --cluster local`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from campaigns import MODEL, a_job, last_rows, leftovers, make_recordings

from unweave.batch import cluster as module
from unweave.batch.cluster import Cluster
from unweave.batch.hands import Outcome, attempt
from unweave.batch.inputs import Inputs
from unweave.batch.job import Job
from unweave.batch.parts import Part
from unweave.batch.rows import DONE, FAILED
from unweave.batch.run import Campaign
from unweave.batch.work import Task, Worker
from unweave.errors import UnweaveError


class Gone(Exception):
    """As ray.exceptions.ActorDiedError."""


class StandIn:
    """Calls are done when they are asked for; `doomed(task, actor)` says which of them their actor does not survive."""

    def __init__(self, doomed: Callable[[Task, int], bool], cpus: int = 2, starts: bool = True) -> None:
        self.doomed, self.cpus, self.starts = doomed, cpus, starts
        self.made = 0
        self.dead: set[int] = set()
        self.options: dict[str, Any] = {}

    def remote(self, kind: type) -> Any:
        return Made(self)

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": float(self.cpus)}

    def actor(self, job: Job) -> Any:
        self.made += 1
        return Handle(self, self.made, job)

    def wait(self, calls: list[Any], num_returns: int, timeout: float) -> tuple[list[Any], list[Any]]:
        return calls[-num_returns:], calls[:-num_returns]

    def get(self, call: Any) -> Any:
        return call()

    def kill(self, handle: Any) -> None:
        self.dead.add(handle.number)

    def shutdown(self) -> None:
        self.over = True


class Made:
    def __init__(self, ray: StandIn) -> None:
        self.ray = ray

    def options(self, **options: Any) -> Any:
        self.ray.options = options
        return Remote(self.ray.actor)


class Remote:
    def __init__(self, run: Callable[..., Any]) -> None:
        self.remote = run


class Handle:
    def __init__(self, ray: StandIn, number: int, job: Job) -> None:
        self.ray, self.number, self.job = ray, number, job
        self.begin, self.do, self.leave = Remote(self._begin), Remote(self._do), Remote(lambda: lambda: None)

    def _begin(self) -> Callable[[], None]:
        def call() -> None:
            if not self.ray.starts:
                raise Gone("no model there")

        return call

    def _do(self, task: Task) -> Callable[[], Outcome]:
        def call() -> Outcome:
            if self.ray.doomed(task, self.number):
                self.ray.dead.add(self.number)
            if self.number in self.ray.dead:
                raise Gone("The actor died: its node is gone")
            with Part(Path(self.job.out)) as part:
                return attempt(Worker(self.job, part, MODEL), task)

        return call


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK", 0.0)


def test_an_actor_that_dies_loses_nothing_and_its_files_are_done_elsewhere(tmp_path: Path) -> None:
    source, out = make_recordings(tmp_path / "in", 12, bad=(5,)), tmp_path / "out"
    first: list[int] = []

    def doomed(task: Task, actor: int) -> bool:
        if task.item.name == "1/003.wav":
            first.append(actor)
        return first[:1] == [actor]

    ray = StandIn(doomed)
    summary = Campaign(a_job(out), Inputs([str(source)], out)).run(Cluster(a_job(out), "auto", ray=ray))
    assert (summary.done, summary.failed, summary.elsewhere) == (11, 1, 0)
    rows = last_rows(out)
    assert sorted(row.state for row in rows.values()) == [DONE] * 11 + [FAILED] and leftovers(out) == []
    assert ray.made == 3 and ray.over
    assert ray.options["max_restarts"] == ray.options["max_task_retries"] == 0, "the manifest is what counts tries"


def test_a_file_that_kills_whoever_touches_it_is_given_up_alone(tmp_path: Path) -> None:
    source, out = make_recordings(tmp_path / "in", 8), tmp_path / "out"
    ray = StandIn(lambda task, actor: task.item.name == "0/002.wav")
    summary = Campaign(a_job(out), Inputs([str(source)], out)).run(Cluster(a_job(out), "auto", ray=ray))
    assert (summary.done, summary.failed) == (7, 1)
    row = last_rows(out)["0/002.wav"]
    assert row.state == FAILED and "its node is gone" in str(row.error) and row.tries == 3


def test_actors_follow_the_cluster(tmp_path: Path) -> None:
    source, out = make_recordings(tmp_path / "in", 8), tmp_path / "out"
    ray = StandIn(lambda task, actor: False, cpus=1)

    def tell(row: object) -> None:
        ray.cpus = 3

    Campaign(a_job(out), Inputs([str(source)], out), tell=tell).run(Cluster(a_job(out), "auto", ray=ray))
    assert ray.made == 3


def test_a_cluster_without_a_machine_ends_the_run_after_a_while_rather_than_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HOPE", 0.0)
    source, out = make_recordings(tmp_path / "in", 2), tmp_path / "out"
    ray = StandIn(lambda task, actor: False, cpus=0)
    with pytest.raises(UnweaveError, match="no core on which an actor works"):
        Campaign(a_job(out), Inputs([str(source)], out)).run(Cluster(a_job(out), "auto", ray=ray))
    assert ray.over


def test_a_call_that_ends_in_an_error_of_its_own_is_not_waited_for(tmp_path: Path) -> None:
    source, out = make_recordings(tmp_path / "in", 4), tmp_path / "out"
    failed: list[str] = []

    class Faulty(StandIn):
        def get(self, call: Any) -> Any:
            if not failed and "_do" in call.__qualname__:
                failed.append("once")
                raise ValueError("as RayTaskError: an error of ours, which Ray repeats for nobody")
            return call()

    ray = Faulty(lambda task, actor: False)
    summary = Campaign(a_job(out), Inputs([str(source)], out)).run(Cluster(a_job(out), "auto", ray=ray))
    assert (summary.done, summary.failed) == (4, 0) and failed and ray.made == 3


@pytest.mark.parametrize("times", [9, 10**9])
def test_actors_that_are_ended_from_outside_while_they_begin_are_made_again_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    class OutOfMemoryError(Exception):
        """As Ray's, where other programs fill the machine."""

    left = [times]

    class Full(StandIn):
        def get(self, call: Any) -> Any:
            if "_begin" in call.__qualname__ and left[0]:
                left[0] -= 1
                raise OutOfMemoryError("memory on the node was 95 % full")
            return call()

    source, out = make_recordings(tmp_path / "in", 2), tmp_path / "out"
    run = Campaign(a_job(out), Inputs([str(source)], out))
    ray = Full(lambda task, actor: False)
    if times == 9:
        assert run.run(Cluster(a_job(out), "auto", ray=ray)).done == 2 and ray.made > 9
        return
    monkeypatch.setattr(module, "HOPE", 0.05)
    with pytest.raises(UnweaveError, match="The last one ended so: OutOfMemoryError: memory on the node"):
        run.run(Cluster(a_job(out), "auto", ray=ray))


def test_actors_that_cannot_even_start_end_the_run(tmp_path: Path) -> None:
    source, out = make_recordings(tmp_path / "in", 2), tmp_path / "out"
    ray = StandIn(lambda task, actor: False, starts=False)
    with pytest.raises(UnweaveError, match="no model there"):
        Campaign(a_job(out), Inputs([str(source)], out)).run(Cluster(a_job(out), "auto", ray=ray))


def test_without_ray_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnweaveError, match=r"pip install 'unweave\[scale\]'"):
        Cluster(a_job(tmp_path), "local")
