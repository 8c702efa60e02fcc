from __future__ import annotations

import itertools
from pathlib import Path

from unweave.batch.items import key_of
from unweave.batch.manifest import Known, Ledger, read_rows
from unweave.batch.parts import Part
from unweave.batch.rows import AGAIN, DONE, FAILED, RELEASED, STARTED, Row

STORY = [
    Row("x.wav", "p", "x", STARTED, 1, "s", ends=1),
    Row("x.wav", "p", "x", AGAIN, 2, "s", tries=1),
    Row("x.wav", "p", "x", STARTED, 3, "s", tries=1, ends=1),
    Row("x.wav", "p", "x", DONE, 4, "s", tries=1),
]


def told(*rows: Row) -> Known | None:
    ledger = Ledger()
    for row in rows:
        ledger.add(row)
    assert len(ledger) == 1
    return ledger.known(key_of("x.wav"))


def test_the_last_row_counts_in_whatever_order_they_are_read() -> None:
    for rows in itertools.permutations(STORY):
        known = told(*rows)
        assert known is not None and (known.state, known.number, known.stamp) == (DONE, 4, "s")


def test_of_two_rows_of_one_number_the_one_that_says_more_counts() -> None:
    states = (STARTED, RELEASED, AGAIN, FAILED, DONE)
    for earlier, later in itertools.combinations([Row("x.wav", "p", "x", state, 2) for state in states], 2):
        for pair in ((earlier, later), (later, earlier)):
            known = told(*pair)
            assert known is not None and known.state == later.state


def test_all_parts_are_read_and_nothing_known_is_nothing(tmp_path: Path) -> None:
    assert list(read_rows(tmp_path)) == [] and Ledger().known(1) is None
    with Part(tmp_path) as first, Part(tmp_path) as second:
        first.add(STORY[0])
        second.add(STORY[3])
        assert sorted(row.number for row in read_rows(tmp_path)) == [1, 4]
        assert len(Ledger.read(tmp_path)) == 1
