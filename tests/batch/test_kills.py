"""Two runs on one output, killed again and again: every file is done once, with the bytes of a run that was left alone.

The large version, with worker processes, is `benchmarks/batch_kills.py`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from campaigns import MODEL, a_job, campaign, contents, last_rows, leftovers, make_recordings

from unweave.batch.folder import RECEIPT, read_receipt
from unweave.batch.manifest import read_rows
from unweave.batch.rows import DONE, FAILED

COUNT, BAD, KILLS = 24, (7, 17), 4


def forked(work: Callable[[], object]) -> int:
    """A process of its own that does it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def kill_and_go_on(folder: Path) -> None:
    source, out = make_recordings(folder / "in", COUNT, BAD), folder / "out"
    campaign(source, a_job(folder / "alone"))
    rng, done, ids = random.Random(0), 0, dict[str, str]()

    def seen() -> dict[str, str]:
        rows = [read_receipt(path.parent) for path in out.glob(f"[!_.]*/*/{RECEIPT}")]
        return {row.name: row.id for row in rows if row is not None}

    for kill in range(KILLS):
        children = [forked(lambda: campaign(source, a_job(out), MODEL)) for _ in range(2)]
        until = (kill + 1) * COUNT // (KILLS + 2)  # some time in the middle of the work
        while len(seen()) < until:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.02))
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        for name, id in seen().items():
            assert ids.setdefault(name, id) == id, f"{name} was done twice"
            done += 1
    children = [forked(lambda: campaign(source, a_job(out), MODEL)) for _ in range(2)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    rows = {row.id: row for row in read_rows(out) if row.state == DONE}
    assert len(rows) == len({row.name for row in rows.values()}) == COUNT - len(BAD)
    assert {row.name: row.id for row in rows.values()} == seen() and seen().items() >= ids.items()
    assert sum(row.state == FAILED for row in last_rows(out).values()) == len(BAD)
    assert contents(out) == contents(folder / "alone") and leftovers(out) == [] and done
    print("every file once")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork, which Windows does not have")
def test_every_file_is_done_once_however_often_runs_are_killed(tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(__file__).parents[1] / "support"), *filter(None, sys.path)])
    words = [sys.executable, __file__, tmp_path]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0 and "every file once" in done.stdout, done.stderr


if __name__ == "__main__":
    kill_and_go_on(Path(sys.argv[1]))
