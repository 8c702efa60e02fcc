from __future__ import annotations

from pathlib import Path

import pytest
from campaigns import a_job, campaign, make_recordings

from unweave.batch.parts import Part
from unweave.batch.rows import AGAIN, STARTED, Row
from unweave.batch.shard import Shard
from unweave.batch.status import read_status
from unweave.errors import UnweaveError


def test_it_says_how_far_how_fast_how_long_yet_and_what_failed_and_why(tmp_path: Path) -> None:
    source, out = make_recordings(tmp_path / "in", 20, bad=(3, 5)), tmp_path / "out"
    half = campaign(source, a_job(out), shard=Shard(0, 2))
    found = read_status(out)
    assert found.done == half.done and found.total == 2 * half.total, "the other shard is about as large"
    assert found.workers == 0 and found.left is None
    campaign(source, a_job(out), shard=Shard(1, 2))
    with Part(out) as part:
        part.add(Row("x.wav", "/d/x.wav", "x", STARTED, 1))
        part.add(Row("y.wav", "/d/y.wav", "y", AGAIN, 2, error="a cloud"))
        found = read_status(out)
    assert (found.total, found.done, found.failed, found.running, found.again, found.workers) == (20, 18, 2, 1, 1, 1)
    assert found.seconds == pytest.approx(9.0) and found.work > 0
    assert found.per_hour is not None and found.left == 0
    assert found.reasons[0][1] == 2 and found.reasons[0][0].startswith("FILE cannot be read as sound")
    assert {row.path for row in found.failures} == {f"{source}/1/003.wav", f"{source}/1/005.wav", "/d/y.wav"}


def test_a_folder_without_a_manifest_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnweaveError, match="has no manifest"):
        read_status(tmp_path)
