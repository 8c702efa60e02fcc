from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from campaigns import MODEL, a_job, age, contents, make_recordings

from unweave.atomic import complete_folder
from unweave.batch import results
from unweave.batch.folder import RECEIPT, read_receipt
from unweave.batch.items import Item, make_item
from unweave.batch.parts import Part, read_part
from unweave.batch.rows import AGAIN, DONE, FAILED, RELEASED, STARTED
from unweave.batch.work import Stopped, Task, Worker
from unweave.errors import UnweaveError


@pytest.fixture
def item(tmp_path: Path) -> Item:
    make_recordings(tmp_path / "in", 1)
    return make_item("0/000.wav", str(tmp_path / "in" / "0" / "000.wav"))


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    with Part(tmp_path / "out") as part:
        yield Worker(a_job(tmp_path / "out"), part, MODEL)


def states(worker: Worker) -> list[str]:
    return [row.state for row in read_part(worker.part.path)]


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*args: Any) -> dict[str, Any]:
        raise error

    monkeypatch.setattr(results, "separated", fail)


def test_results_lie_with_their_row_and_the_row_says_what_they_are(worker: Worker, item: Item) -> None:
    row = worker.do(Task(item))
    assert row is not None and row.state == DONE and states(worker) == [STARTED, DONE]
    folder = worker.target(item)
    assert read_receipt(folder) == row
    assert [track["file"] for track in row.tracks] == ["classes/Dog.wav", "classes/residual.wav"]
    assert all((folder / track["file"]).is_file() for track in row.tracks)
    assert row.seconds == 0.5 and row.size == Path(item.path).stat().st_size and row.took is not None
    assert (row.settings, row.model, row.place, row.tries) == ("s", "w", "0/000", 0)
    assert {path.name for path in folder.iterdir()} == {"classes", "tracks.json", "events.csv", "labels.txt", RECEIPT}


def test_what_another_process_has_done_meanwhile_is_not_done_again(worker: Worker, item: Item) -> None:
    first = worker.do(Task(item))
    again = worker.do(Task(item))
    assert first == again and states(worker) == [STARTED, DONE, DONE]  # the same row, which counts once


def test_what_a_process_that_was_killed_after_it_was_done_has_not_told_is_found(worker: Worker, item: Item) -> None:
    first = worker.do(Task(item))
    with Part(Path(worker.job.out)) as part:
        assert Worker(worker.job, part).do(Task(item)) == first, "no model is needed for that, either"
        assert [row.id for row in read_part(part.path)] == [first.id]  # type: ignore[union-attr]


def test_a_file_that_changed_is_done_again_and_what_others_put_beside_its_tracks_stays(
    worker: Worker, item: Item
) -> None:
    first = worker.do(Task(item))
    assert first is not None
    (worker.target(item) / "notes.txt").write_text("mine")
    age(Path(item.path))
    second = worker.do(Task(item))
    assert second is not None and second.number == first.number + 2 and second.stamp != first.stamp
    assert (worker.target(item) / "notes.txt").read_text() == "mine"
    assert len(list(worker.target(item).rglob("Dog*.wav"))) == 1


def test_folders_of_others_are_never_replaced_unless_that_is_asked_for(worker: Worker, item: Item) -> None:
    folder = worker.target(item)
    folder.mkdir(parents=True)
    (folder / "tracks.json").write_text("{}")
    row = worker.do(Task(item))
    assert row is not None and row.state == FAILED and "exists" in str(row.error)
    worker.job = a_job(Path(worker.job.out), overwrite=True)
    row = worker.do(Task(item))
    assert row is not None and row.state == DONE
    (folder / RECEIPT).unlink()
    (folder / "tracks.json").unlink()
    row = worker.do(Task(item))
    assert row is not None and row.state == FAILED and "not made by unweave" in str(row.error)


def test_results_of_another_recording_that_is_called_alike_are_kept(worker: Worker, item: Item) -> None:
    worker.do(Task(item))
    other = Item("elsewhere/000.wav", item.path, item.place, item.other)
    before = contents(Path(worker.job.out))
    row = worker.do(Task(other))
    assert row is not None and row.state == FAILED and "holds the results of" in str(row.error)
    assert contents(Path(worker.job.out)) == before


def test_what_another_run_is_at_is_left_to_it(worker: Worker, item: Item) -> None:
    with pytest.raises(UnweaveError), complete_folder(worker.target(item)):
        assert worker.do(Task(item)) is None
        raise UnweaveError("enough")
    assert states(worker) == []


@pytest.mark.parametrize(
    ("error", "tries", "state", "words"),
    [
        (UnweaveError("it is damaged"), 0, FAILED, "it is damaged"),
        (RuntimeError("out\nof memory"), 0, AGAIN, "RuntimeError: out of memory"),
        (RuntimeError("out of memory"), 2, FAILED, "RuntimeError: out of memory"),
        (OSError(errno.EIO, "Input/output error"), 0, AGAIN, "Input/output error"),
    ],
)
def test_what_may_yet_succeed_is_tried_again_up_to_a_limit_and_nothing_half_done_is_left(
    worker: Worker,
    item: Item,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    tries: int,
    state: str,
    words: str,
) -> None:
    failing(monkeypatch, error)
    row = worker.do(Task(item, 4, tries))
    assert row is not None and (row.state, row.number, row.tries) == (state, 6, tries + 1) and words in str(row.error)
    assert states(worker) == [STARTED, state] and not contents(Path(worker.job.out))


def test_a_missing_file_is_a_sentence(worker: Worker, tmp_path: Path) -> None:
    row = worker.do(Task(make_item("x.wav", str(tmp_path / "x.wav"))))
    assert row is not None and row.state == FAILED and str(row.error).startswith("There is no file")


def test_a_full_disk_stops_everything_and_fails_no_file(
    worker: Worker, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(Stopped, match="disk is full"):
        worker.do(Task(item))
    assert states(worker) == [STARTED, RELEASED]


def test_a_worker_that_is_told_to_leave_gives_its_item_back(
    worker: Worker, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        worker.do(Task(item, ends=3))
    (started, released) = read_part(worker.part.path)
    assert (started.ends, released.state, released.ends) == (4, RELEASED, 3) and released.number > started.number
