"""Worker processes: one that is killed takes nothing with it but its try."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from campaigns import a_job, last_rows, leftovers, make_recordings
from untrained import write_untrained

from unweave.batch import pool as module
from unweave.batch.inputs import Inputs
from unweave.batch.parts import parts_of
from unweave.batch.pool import Pool
from unweave.batch.rows import DONE, FAILED, Row
from unweave.batch.run import Campaign
from unweave.errors import UnweaveError


def test_a_worker_that_is_killed_is_replaced_and_its_file_done(tmp_path: Path) -> None:
    source, out = make_recordings(tmp_path / "in", 6, bad=(3,)), tmp_path / "out"
    pool = Pool(a_job(out, model=write_untrained(tmp_path), tracks={"classes": ["Dog"], "overview": False}), 1)
    killed: list[int] = []

    def tell(row: Row) -> None:
        if not killed:
            killed.append(row.process)
            os.kill(row.process, signal.SIGKILL)

    summary = Campaign(pool.job, Inputs([str(source)], out), tell=tell).run(pool)
    rows = last_rows(out)
    assert (summary.done, summary.failed) == (5, 1) and sorted(row.state for row in rows.values()) == [DONE] * 5 + [
        FAILED
    ]
    assert len({row.process for row in rows.values()} - {os.getpid()}) == 2 and killed
    assert leftovers(out) == [] and parts_of(out) == [] and pool.room()


def test_workers_that_do_not_even_start_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = make_recordings(tmp_path / "in", 6), tmp_path / "out"

    class Dead:
        exitcode = 3

        def join(self, patience: float = 0) -> None: ...

        def is_alive(self) -> bool:
            return False

    def hire(pool: Pool) -> module._Hired:
        ours, theirs = pool._context.Pipe()
        theirs.close()
        pool._hired.append(module._Hired(Dead(), ours))  # type: ignore[arg-type]
        return pool._hired[-1]

    monkeypatch.setattr(Pool, "_hire", hire)
    with pytest.raises(UnweaveError, match="exit status 3"):
        Campaign(a_job(out), Inputs([str(source)], out)).run(Pool(a_job(out), 1))
