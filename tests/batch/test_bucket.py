"""A store as output, here one in memory: what a folder promises, it promises, too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from campaigns import MODEL, a_job, campaign, contents, last_rows, make_recordings

from unweave.batch import bucket as module
from unweave.batch.bucket import Bucket
from unweave.batch.folder import RECEIPT
from unweave.batch.items import OWN, make_item
from unweave.batch.leases import Lease
from unweave.batch.objects import Objects, StoreError
from unweave.batch.outputs import output_of
from unweave.batch.rows import AGAIN, DONE, FAILED, RELEASED, STARTED, Row
from unweave.batch.status import read_status
from unweave.batch.work import Stopped, Task, Worker
from unweave.errors import UnweaveError

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'unweave[scale]'")
OUT = "memory://store/out"


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    yield
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def worker() -> Iterator[Worker]:
    output = output_of(OUT)
    with output.part() as part:
        yield Worker(a_job(OUT), part, MODEL, output)


def stored() -> dict[str, str]:
    """A hash of every object of results."""
    objects = Objects(OUT)
    names = [name for name in objects.below("") if not name.startswith(OWN) and not name.endswith(RECEIPT)]
    return {name: hashlib.sha256(objects.get(name) or b"").hexdigest() for name in names}


def item(tmp_path: Path) -> Task:
    make_recordings(tmp_path / "in", 1)
    return Task(make_item("0/000.wav", str(tmp_path / "in" / "0" / "000.wav")))


def test_a_store_gets_what_a_folder_gets_and_a_second_run_does_what_is_missing(tmp_path: Path) -> None:
    source = make_recordings(tmp_path / "in", 5, bad=(3,))
    campaign(source, a_job(tmp_path / "out"))
    summary = campaign(source, a_job(OUT))
    assert (summary.done, summary.failed) == (4, 1) and stored() == contents(tmp_path / "out")
    rows, objects = last_rows(OUT), Objects(OUT)
    assert sorted(row.state for row in rows.values()) == [DONE] * 4 + [FAILED]
    assert Bucket(OUT).receipt("0/000") == rows["0/000.wav"]
    assert not objects.below(f"{OWN}/alive") and not objects.below(f"{OWN}/claims"), "nobody is left"
    objects.remove([f"0/002/{name}" for name in objects.below("0/002")])
    again = campaign(source, a_job(OUT))
    assert (again.before, again.done, again.failed) == (3, 1, 1) and stored() == contents(tmp_path / "out")
    told = read_status(OUT)
    assert (told.done, told.failed, told.total, told.workers) == (4, 1, 5, 0)


def test_a_copy_of_a_store_in_a_folder_is_gone_on_with(tmp_path: Path) -> None:
    source, objects = make_recordings(tmp_path / "in", 3), Objects(OUT)
    campaign(source, a_job(OUT))
    objects.fetch(objects.below(""), tmp_path / "copy")
    assert campaign(source, a_job(tmp_path / "copy")).before == 3


def test_other_settings_replace_the_results_and_leave_what_is_not_ours(tmp_path: Path) -> None:
    source = make_recordings(tmp_path / "in", 1)
    campaign(source, a_job(OUT, tracks={"classes": ["Dog", "Siren"]}))
    Objects(OUT).put("0/000/notes.txt", b"mine")
    assert campaign(source, a_job(OUT, settings="t")).done == 1
    names = set(Objects(OUT).below("0/000"))
    assert "notes.txt" in names and not [name for name in names if "Siren" in name] and "classes/Dog.wav" in names


def test_results_in_the_store_that_is_read_are_no_recordings(tmp_path: Path) -> None:
    objects = Objects("memory://store")
    for path in make_recordings(tmp_path / "in", 2).rglob("*.wav"):
        objects.send(path, path.name)
    for before in (0, 2):
        summary = campaign(["memory://store"], a_job(OUT))
        assert (summary.total, summary.before) == (2, before)


def test_what_a_killed_process_left_half_done_is_done_and_what_is_somebody_elses_is_kept(
    worker: Worker, tmp_path: Path
) -> None:
    objects, task = Objects(OUT), item(tmp_path)
    objects.put("0/000/classes/Dog.wav", b"half of something")
    row = worker.do(task)
    assert row is not None and row.state == FAILED and "exists; give --overwrite" in str(row.error)
    objects.create(f"{OWN}/claims/{task.item.key:016x}/000000", b'{"life": "long gone"}')
    row = worker.do(task)
    assert row is not None and row.state == DONE and len(objects.get("0/000/classes/Dog.wav") or b"") > 1000
    assert not objects.below(f"{OWN}/claims")


def test_what_another_run_is_at_is_left_to_it(worker: Worker, tmp_path: Path) -> None:
    other, task = Lease(Objects(OUT)), item(tmp_path)
    with other.claim(f"{task.item.key:016x}", "it"):
        assert worker.do(task) is None
    other.end()
    row = worker.do(task)
    assert row is not None and row.state == DONE


def test_of_two_that_think_they_are_alone_one_has_done_it(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = item(tmp_path)
    mine = Row(task.item.name, "p", "0/000", DONE, 2)
    send, objects = Objects.send, Objects(OUT)

    def late(self: Objects, file: Path, name: str) -> None:
        send(self, file, name)
        objects.create(f"0/000/{RECEIPT}", mine.line())  # the other one is there first

    monkeypatch.setattr(Objects, "send", late)
    assert worker.do(task) is None and Bucket(OUT).receipt("0/000") == mine


def test_who_was_taken_for_dead_takes_nothing_away(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, objects = item(tmp_path), Objects(OUT)
    worker.do(task)
    theirs, send = Row(task.item.name, "p", "0/000", DONE, 9, "theirs"), Objects.send

    def standing_still(*arguments: Any) -> dict[str, Any]:
        objects.put(f"{OWN}/claims/{task.item.key:016x}/000001", b"{}")  # somebody follows, and is done first
        objects.put(f"0/000/{RECEIPT}", theirs.line())
        return {}

    monkeypatch.setattr("unweave.batch.results.separated", standing_still)
    worker.job = a_job(OUT, settings="t")
    before = stored()
    assert worker.do(task) is None and Bucket(OUT).receipt("0/000") == theirs and stored() == before
    objects.remove([f"0/000/{RECEIPT}"])  # and where nothing was there before, and sending fails

    def broken(self: Objects, file: Path, name: str) -> None:
        send(self, file, name)
        objects.put(f"0/000/{RECEIPT}", theirs.line())
        raise StoreError("the line is dead", lasting=False)

    monkeypatch.setattr("unweave.batch.results.separated", lambda *arguments: (arguments[-1] / "x").touch() or {})
    monkeypatch.setattr(Objects, "send", broken)
    objects.remove([f"{OWN}/claims/{task.item.key:016x}/{number:06d}" for number in range(2)])
    objects.create(f"{OWN}/claims/{task.item.key:016x}/000000", b"{}")

    def follow(self: Objects, file: Path, name: str) -> None:
        objects.put(f"{OWN}/claims/{task.item.key:016x}/000002", b"{}")
        broken(self, file, name)

    monkeypatch.setattr(Objects, "send", follow)
    worker.do(task)
    assert Bucket(OUT).receipt("0/000") == theirs


def test_sending_that_breaks_leaves_nothing_and_is_tried_again(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, objects = item(tmp_path), Objects(OUT)
    send, remove = Objects.send, Objects.remove

    def broken(self: Objects, file: Path, name: str) -> None:
        send(self, file, name)
        raise StoreError("the line is dead", lasting=False)

    monkeypatch.setattr(Objects, "send", broken)
    row = worker.do(task)
    assert row is not None and row.state == AGAIN and stored() == {}
    monkeypatch.setattr(Objects, "remove", lambda self, names: broken(self, tmp_path / "in/0/000.wav", "x"))
    row = worker.do(task)
    assert row is not None and row.state == AGAIN and "0/000/classes/Dog.wav" in stored(), "nor could it be taken away"
    monkeypatch.setattr(Objects, "send", send)
    monkeypatch.setattr(Objects, "remove", remove)
    row = worker.do(task)
    assert row is not None and row.state == DONE and not objects.below(f"{OWN}/claims")


def test_a_store_that_takes_nothing_any_more_ends_the_run_and_fails_no_file(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(self: Objects, file: Path, name: str) -> None:
        raise StoreError("no right to write there", lasting=True)

    monkeypatch.setattr(Objects, "send", denied)
    with pytest.raises(Stopped, match="no right"):
        worker.do(item(tmp_path))
    assert last_rows(OUT)["0/000.wav"].state == RELEASED


def test_rows_go_into_a_new_object_when_one_is_large_and_parts_of_the_dead_into_a_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CHUNK", 500)
    rows = [Row(f"{number}.wav", "p", "q", DONE, 2) for number in range(9)]
    output = Bucket(OUT)
    with output.part() as part:
        for row in rows:
            part.add(row)
        names = Objects(OUT).below(f"{OWN}/parts")
        assert len(names) > 2 and len(last_rows(OUT)) == 9
        assert output.workers() == 1 and output.compact() == 0, "it is alive"
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'unweave[scale]'")
    assert output.workers() == 0 and output.compact() == len(names) and not Objects(OUT).below(f"{OWN}/parts")
    assert sorted(last_rows(OUT)) == sorted(row.name for row in rows)
    with output.part() as part:
        part.add(Row("9.wav", "p", "q", STARTED, 1))
    assert output.compact() == 1 and len(last_rows(OUT)) == 10 and not Objects(OUT).below(f"{OWN}/alive")


def test_a_store_that_cannot_say_who_is_first_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Bucket(OUT).check() == []

    def overwriting(self: Objects, name: str, data: bytes) -> bool:
        self.put(name, data)
        return True

    monkeypatch.setattr(Objects, "create", overwriting)
    (sentence,) = Bucket(OUT).check()
    assert "one run at a time" in sentence and not Objects(OUT).below(OWN)


def test_a_full_disk_of_this_machine_is_named(worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unweave.batch.results.separated", full)
    with pytest.raises(Stopped, match="set TMPDIR"):
        worker.do(item(tmp_path))


def test_results_never_replace_the_recordings_they_are_of(worker: Worker) -> None:
    with (
        pytest.raises(UnweaveError, match="would be replaced"),
        worker.output.making(make_item("x.wav", f"{OUT}/x/x.wav"), True),
    ):
        pass
