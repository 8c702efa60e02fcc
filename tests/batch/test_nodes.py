"""A cluster of Ray on this machine that loses an actor, then a whole node: nothing is lost, nothing is done twice.

With 2 000 files and ten kills: `python benchmarks/batch_kills.py --nodes 2`.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from campaigns import a_job, contents, last_rows, leftovers, make_recordings
from untrained import write_untrained

from unweave.batch.cluster import Cluster
from unweave.batch.crew import Crew
from unweave.batch.inputs import Inputs
from unweave.batch.manifest import read_rows
from unweave.batch.rows import DONE, FAILED, Row
from unweave.batch.run import Campaign
from unweave.batch.work import Task

COUNT, BAD = 24, (5, 17)


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("ray", "psutil")),
    reason="needs Ray: pip install 'unweave[scale]' psutil",
)
@pytest.mark.filterwarnings("ignore")  # Ray and what it needs warn of things of their own
def test_an_actor_and_a_node_are_killed_and_every_file_is_done_once(tmp_path: Path) -> None:
    from nodes import Nodes

    source, out, model = make_recordings(tmp_path / "in", COUNT, BAD), tmp_path / "out", write_untrained(tmp_path)
    with Crew(a_job(tmp_path / "alone", model=model), 1) as crew:
        for item in Inputs([str(source)], tmp_path / "alone"):
            crew.do(Task(item))
    ids: dict[str, str] = {}
    with Nodes(2) as nodes:

        def tell(row: Row) -> None:
            assert ids.setdefault(row.name, row.id) == row.id, f"{row.name} was done twice"
            if len(ids) == 3:
                nodes.actors()[0].kill()
            if len(ids) == 8:
                nodes.kill(0)

        job = a_job(out, model=model)
        summary = Campaign(job, Inputs([str(source)], out), tell=tell).run(Cluster(job, nodes.address))
    assert len(nodes.nodes) == 1, "one was killed"
    assert (summary.done, summary.failed, summary.elsewhere) == (COUNT - len(BAD), len(BAD), 0)
    rows = {row.id: row for row in read_rows(out) if row.state == DONE}
    assert len(rows) == len({row.name for row in rows.values()}) == COUNT - len(BAD)
    assert sum(row.state == FAILED for row in last_rows(out).values()) == len(BAD)
    assert contents(out) == contents(tmp_path / "alone") and leftovers(out) == []
