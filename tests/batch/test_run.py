"""Whole campaigns in one process: what is missing or changed is done, nothing else, whatever goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from campaigns import a_job, age, campaign, contents, last_rows, make_recordings

from unweave.batch.rows import AGAIN, DONE, FAILED, STARTED, Row
from unweave.batch.shard import Shard
from unweave.batch.work import Stopped, Task, Worker
from unweave.errors import UnweaveError


class Recorder(Worker):
    """Remembers what it is given."""

    given: list[str]

    def do(self, task: Task) -> Row | None:
        type(self).given.append(task.item.name)
        return super().do(task)


@pytest.fixture
def recorder() -> type[Recorder]:
    return type("Recorder", (Recorder,), {"given": []})


def test_all_files_are_done_bad_ones_are_reported_and_a_second_run_has_nothing_to_do(
    tmp_path: Path, recorder: type[Recorder]
) -> None:
    source, job = make_recordings(tmp_path / "in", 8, bad=(3,)), a_job(tmp_path / "out")
    told: list[Row] = []
    summary = campaign(source, job, tell=told.append)
    assert (summary.total, summary.done, summary.failed, summary.ended) == (8, 7, 1, True)
    rows = last_rows(tmp_path / "out")
    assert sorted(row.state for row in rows.values()) == [DONE] * 7 + [FAILED]
    assert "1/003.wav cannot be read as sound" in str(rows["1/003.wav"].error) and len(told) == 8
    before = contents(tmp_path / "out")
    again = campaign(source, job, worker=recorder)
    assert (again.before, again.done, again.failed) == (7, 0, 1) and recorder.given == []
    assert contents(tmp_path / "out") == before


def test_what_is_new_changed_or_gone_is_done_and_nothing_else(tmp_path: Path, recorder: type[Recorder]) -> None:
    source, out = make_recordings(tmp_path / "in", 6, bad=(3,)), tmp_path / "out"
    campaign(source, a_job(out))
    age(source / "0" / "002.wav")
    (out / "1" / "001" / ".done.json").unlink()
    (out / "1" / "001" / "tracks.json").rename(out / "1" / "001" / "gone.json")
    make_recordings(tmp_path / "more", 7)
    (tmp_path / "more" / "0" / "006.wav").rename(source / "0" / "006.wav")
    (tmp_path / "more" / "1" / "003.wav").replace(source / "1" / "003.wav")
    summary = campaign(source, a_job(out), worker=recorder)
    assert sorted(recorder.given) == ["0/002.wav", "0/006.wav", "1/001.wav", "1/003.wav"]
    assert summary.before == 3 and summary.done == 3 and summary.failed == 1
    assert "exists" in str(last_rows(out)["1/001.wav"].error), "what we do not know any more is not thrown away"


def test_other_settings_or_another_model_do_it_all_again(tmp_path: Path) -> None:
    source, out = make_recordings(tmp_path / "in", 2), tmp_path / "out"
    campaign(source, a_job(out))
    for job in (a_job(out, settings="t"), a_job(out, settings="t", weights="x")):
        assert campaign(source, job).done == 2 and campaign(source, job).before == 2


def test_results_stay_where_they_are_when_something_comes_that_is_called_alike(tmp_path: Path) -> None:
    source, out = make_recordings(tmp_path / "in", 1), tmp_path / "out"
    campaign(source, a_job(out))
    (source / "0" / "000.mp3").write_bytes((source / "0" / "000.wav").read_bytes())
    summary = campaign(source, a_job(out))
    assert (summary.before, summary.done) == (1, 1) and (out / "0" / "000.mp3" / "tracks.json").exists()


def test_failures_are_tried_again_where_that_may_help_and_when_it_is_asked_for(tmp_path: Path) -> None:
    class Flaky(Recorder):
        given: list[str] = []

        def do(self, task: Task) -> Row | None:
            type(self).given.append(f"{task.item.name} {task.tries}")
            if task.item.name == "1/001.wav" and task.tries < 2:
                return self._failed(task, "s", 1, RuntimeError("a passing cloud"))
            return super(Recorder, self).do(task)

    source, out = make_recordings(tmp_path / "in", 4, bad=(2,)), tmp_path / "out"
    summary = campaign(source, a_job(out), worker=Flaky)
    assert (summary.done, summary.failed) == (3, 1)
    assert Flaky.given[-2:] == ["1/001.wav 1", "1/001.wav 2"], "after everything else"
    assert last_rows(out)["1/001.wav"].tries == 2
    Flaky.given.clear()
    assert campaign(source, a_job(out), worker=Flaky, retry=True).failed == 1 and Flaky.given == ["0/002.wav 0"]


def test_items_at_which_process_after_process_was_gone_come_last_and_are_given_up_at_last(
    tmp_path: Path, recorder: type[Recorder]
) -> None:
    class Deadly(recorder):  # type: ignore[valid-type,misc]
        def do(self, task: Task) -> Row | None:
            if task.item.name == "0/000.wav":
                self.given.append(task.item.name)
                self.part.add(task.row(STARTED, ends=task.ends + 1, stamp=self.job.stamp(task.item, *stamp)))
                raise MemoryError  # the whole run is gone
            return super().do(task)

    source, out = make_recordings(tmp_path / "in", 3), tmp_path / "out"
    status = (source / "0" / "000.wav").stat()
    stamp = (status.st_size, status.st_mtime_ns)
    runs = 0
    while True:
        runs += 1
        try:
            summary = campaign(source, a_job(out), worker=Deadly)
            break
        except MemoryError:
            continue
    assert runs == 11 and (summary.before, summary.failed) == (2, 1)
    assert "10 processes in a row" in str(last_rows(out)["0/000.wav"].error)
    assert recorder.given.count("1/001.wav") == 1


def test_shards_do_each_file_once_and_together_all_of_them(tmp_path: Path, recorder: type[Recorder]) -> None:
    source, out = make_recordings(tmp_path / "in", 9), tmp_path / "out"
    sums = [campaign(source, a_job(out), worker=recorder, shard=Shard(index, 3)) for index in range(3)]
    assert sorted(recorder.given) == sorted(last_rows(out)) and len(recorder.given) == 9
    assert sum(one.total for one in sums) == 9 and campaign(source, a_job(out)).before == 9


def test_a_full_disk_ends_the_run_with_its_sentence(tmp_path: Path) -> None:
    class Full(Worker):
        def do(self, task: Task) -> Row | None:
            raise Stopped("the disk is full")

    with pytest.raises(UnweaveError, match="the disk is full"):
        campaign(make_recordings(tmp_path / "in", 2), a_job(tmp_path / "out"), worker=Full)
    assert not [row for row in last_rows(tmp_path / "out").values() if row.state in (FAILED, AGAIN)]


def test_inputs_that_would_share_a_name_are_refused_before_any_work(tmp_path: Path) -> None:
    source = make_recordings(tmp_path / "in", 2)
    with pytest.raises(UnweaveError, match="are both called 000.wav"):
        campaign([f"{source}/0/*.wav", str(source / "0" / "000.wav")], a_job(tmp_path / "out"))
