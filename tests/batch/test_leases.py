"""Claims on a store: one has it, the living keep it, the dead are followed by one."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from unweave.batch import leases as module
from unweave.batch.leases import ALIVE, CLAIMS, Lease
from unweave.batch.objects import Objects
from unweave.claims import Held

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'unweave[scale]'")


@pytest.fixture
def objects() -> Iterator[Objects]:
    yield Objects("memory://leases")
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def pair(objects: Objects) -> Iterator[tuple[Lease, Lease]]:
    both = Lease(objects), Lease(objects)
    yield both
    for lease in both:
        lease.end()
    assert not {lease.name for lease in both} & set(objects.below(ALIVE))


def dead(objects: Objects, name: str, **more: object) -> None:
    objects.create(name, json.dumps({"life": "gone", "host": "h", "process": 1, **more}).encode())


def test_one_at_a_time(pair: tuple[Lease, Lease], objects: Objects) -> None:
    with pair[0].claim("k", "the place") as claim:
        assert not claim.inherited
        with pytest.raises(Held, match=f"the place is being written by another run .process {os.getpid()}"):
            with pair[1].claim("k", "the place"):
                pass
        with pair[1].claim("other", "x"):
            pass
    with pair[1].claim("k", "x") as claim:
        assert not claim.inherited
    assert not objects.below(CLAIMS)


def test_of_many_who_follow_a_dead_one_one_has_it(pair: tuple[Lease, Lease], objects: Objects) -> None:
    dead(objects, f"{CLAIMS}/k/000000")
    start, end, count = threading.Barrier(6), threading.Barrier(6), []

    def follow(number: int) -> None:
        start.wait()
        try:
            with pair[number % 2].claim("k", "x") as claim:
                count.append(claim.inherited)
                end.wait()
        except Held:
            end.wait()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(follow, range(6)))
    assert count == [True] and not objects.below(CLAIMS)


def test_who_left_something_torn_is_followed_by_one_who_knows(pair: tuple[Lease, Lease]) -> None:
    with pair[0].claim("k", "x") as claim:
        claim.torn = True
    for lease, inherited in zip(pair, (True, False), strict=True):
        with lease.claim("k", "x") as claim:
            assert claim.inherited is inherited


def test_the_machine_knows_its_dead_at_once_and_the_clock_of_the_store_those_of_others(
    pair: tuple[Lease, Lease], objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = json.loads(objects.get(f"{ALIVE}/{pair[0].name}") or b"")
    if own["machine"] and own["began"]:  # on Linux
        objects.put(f"{ALIVE}/here", json.dumps(own | {"life": "here", "began": "7"}).encode())
        assert not pair[1].is_alive("here"), "another process has its number by now"
        assert pair[1].is_alive(pair[0].name)
    there = {"life": "there", "machine": "another", "process": 1, "at": 0.0}
    objects.put(f"{ALIVE}/there", json.dumps(there).encode())
    assert pair[0].is_alive("there") and not pair[0].is_alive("never")
    now = objects.time_of(f"{ALIVE}/there")
    assert now is not None
    times = {f"{ALIVE}/there": now - module.LEASE - 1}
    seen = Objects.time_of
    monkeypatch.setattr(Objects, "time_of", lambda self, name: times.get(name) or seen(self, name))
    assert not pair[0].is_alive("there")
    monkeypatch.setattr(Objects, "time_of", lambda self, name: None)
    assert not pair[0].is_alive("there"), "a store without a clock: by its own, which said 0"


def test_a_superseded_claim_takes_nothing_away(pair: tuple[Lease, Lease], objects: Objects) -> None:
    with pair[0].claim("k", "x"):
        objects.create(f"{CLAIMS}/k/000001", b"{}")  # somebody took us for dead
    assert objects.names(f"{CLAIMS}/k") == ["000000", "000001"]


def test_claims_of_the_dead_on_what_is_done_are_swept_and_no_others(
    pair: tuple[Lease, Lease], objects: Objects
) -> None:
    for key, place in (("a", "done"), ("b", "torn"), ("c", "")):
        dead(objects, f"{CLAIMS}/{key}/000000", place=place)
    with pair[0].claim("d", "x", "done"):
        pair[1].sweep(lambda place: place == "done")
        assert objects.names(CLAIMS) == ["b", "c", "d"]


def test_the_sign_of_life_is_renewed_whatever_happens(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT", 0.001)
    beats, put = threading.Semaphore(0), Objects.put

    def flaky(self: Objects, name: str, data: bytes) -> None:
        beats.release()
        put(self, name, data)

    monkeypatch.setattr(Objects, "put", flaky)
    lease = Lease(objects)
    for _ in range(4):
        assert beats.acquire(timeout=600)
    lease.end()
    assert not objects.below(ALIVE)
