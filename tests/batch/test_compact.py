from __future__ import annotations

from pathlib import Path

import pytest

from unweave.batch import compact as module
from unweave.batch.compact import compact, read_table
from unweave.batch.items import OWN
from unweave.batch.manifest import read_rows
from unweave.batch.parts import TABLE, Part, parts_of
from unweave.batch.rows import DONE, STARTED, Row
from unweave.errors import UnweaveError

parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: pip install 'unweave[scale]'")


def rows(number: int) -> list[Row]:
    events = [["Dog", "/m/0bt9lr", 0.0, 1.5, 0.75]]
    done = Row(f"{number}\udcff.wav", "p", "q", DONE, 2, "s", seconds=1.5, tracks=[{"file": "x.wav"}], events=events)
    return [Row(done.name, "p", "q", STARTED, 1, "s"), done]


def test_the_dead_are_put_together_the_living_are_left_alone_and_no_last_row_is_lost(tmp_path: Path) -> None:
    with Part(tmp_path) as living:
        living.add(rows(0)[0])
        for number in range(1, 4):
            with Part(tmp_path) as part:
                for row in rows(number):
                    part.add(row)
        before = {row.id for row in read_rows(tmp_path) if row.state == DONE}
        assert compact(tmp_path) == 3 and parts_of(tmp_path) == [living.path]
        found = list(read_rows(tmp_path))
        assert {row.id for row in found if row.state == DONE} == before
        assert len(found) == 4 and all(row.events == rows(1)[1].events for row in found[1:])
        living.add(rows(0)[1])
    assert compact(tmp_path) == 1 and {row.state for row in read_table(tmp_path / OWN / TABLE)} == {DONE}
    assert compact(tmp_path) == 0


def test_other_programs_read_it(tmp_path: Path) -> None:
    with Part(tmp_path) as part:
        for row in [*rows(1), rows(1)[1]]:
            part.add(row)
    compact(tmp_path)
    (plain,) = parquet.read_table(tmp_path / OWN / TABLE).to_pylist()
    assert plain["state"] == "done" and plain["tracks"] == ["x.wav"] and plain["seconds"] == 1.5
    assert plain["events"][0]["class"] == "Dog" and plain["name"] == "1\\udcff.wav"


def test_a_part_that_goes_while_it_is_read_is_in_the_table_by_then(tmp_path: Path) -> None:
    for number in range(2):
        with Part(tmp_path) as part:
            part.add(rows(number)[1])
    reading = read_rows(tmp_path)
    first = next(reading)
    compact(tmp_path)
    assert {row.id for row in [first, *reading]} == {row.id for row in read_table(tmp_path / OWN / TABLE)}


def test_a_row_that_was_written_twice_is_one(tmp_path: Path) -> None:
    row = rows(1)[1]
    for _ in range(2):
        with Part(tmp_path) as part:
            part.add(row)
    compact(tmp_path)
    assert list(read_table(tmp_path / OWN / TABLE)) == [row]


def test_a_damaged_table_is_a_sentence_and_without_pyarrow_parts_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Part(tmp_path) as part:
        part.add(rows(1)[1])
    monkeypatch.setattr(module, "can_compact", lambda: False)
    assert compact(tmp_path) == 0 and len(parts_of(tmp_path)) == 1
    (tmp_path / OWN / TABLE).write_bytes(b"PAR1 and then nothing")
    with pytest.raises(UnweaveError, match="needs pyarrow"):
        list(read_rows(tmp_path))
    monkeypatch.undo()
    with pytest.raises(UnweaveError, match="cannot be read"):
        list(read_rows(tmp_path))
