from __future__ import annotations

from pathlib import Path

import pytest

from unweave.batch.folder import RECEIPT, Folder
from unweave.batch.items import OWN, make_item
from unweave.batch.rows import DONE, Row
from unweave.errors import UnweaveError

ITEM = make_item("a/x.wav", "p.wav")


def test_results_are_there_with_their_row_or_not_at_all(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(ValueError), folder.making(ITEM, False) as new:
        (new / "x").touch()
        raise ValueError
    assert not list(tmp_path.iterdir()) and folder.receipt("a/x") is None and not folder.has("a/x")
    row = Row(ITEM.name, ITEM.path, ITEM.place, DONE, 2)
    with folder.making(ITEM, False) as new:
        (new / RECEIPT).write_bytes(row.line())
    assert folder.receipt("a/x") == row and folder.has("a/x")
    with (
        pytest.raises(UnweaveError, match="holds the results of p.wav"),
        folder.making(make_item("b/x.wav", "q.wav").__class__("b/x.wav", "q.wav", "a/x", "a/x.wav"), True),
    ):
        pass


def test_notes_are_of_the_manifest_and_whole_and_workers_are_who_writes(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with folder.part() as part:
        part.add(Row("x", "p", "q", DONE, 2))
        folder.note("run-1.json", "{}")
        assert folder.workers() == 1
    assert folder.workers() == 0 and (tmp_path / OWN / "run-1.json").read_text() == "{}" and folder.check() == []
    with folder.manifest() as where:
        assert where == tmp_path
