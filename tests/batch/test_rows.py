from __future__ import annotations

import json

import pytest

from unweave.batch.rows import AGAIN, DONE, RANK, STARTED, Row


def test_a_row_comes_back_as_it_was_whatever_its_name_is_made_of() -> None:
    row = Row("a\udcff\n\u2028ä.wav", "p", "q", DONE, 2, tracks=[{"file": "x.wav"}], events=[["Dog", "m", 0.0, 1.0, 1]])
    line = row.line()
    assert Row.of(line) == row and line.count(b"\n") == 1 and line.isascii()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", "[" * 5000, '{"name": 1, "state": "done", "number": 1}'])
def test_what_is_no_row_is_none(text: str) -> None:
    assert Row.of(text) is None


def test_a_row_cut_anywhere_is_none_and_keys_of_later_versions_are_passed_over() -> None:
    line = Row("n", "p", "q", DONE, 2).line().rstrip()
    assert all(Row.of(line[:cut]) is None for cut in range(len(line)))
    assert Row.of(json.dumps(json.loads(line) | {"colour": "blue"})) == Row.of(line)


def test_rows_follow_each_other_by_number_and_then_by_how_much_they_say() -> None:
    rows = [Row("n", "", "", state, number) for number, state in ((2, DONE), (2, AGAIN), (1, STARTED), (3, STARTED))]
    assert [row.number for row in sorted(rows, key=lambda row: row.order)] == [1, 2, 2, 3]
    assert sorted(rows, key=lambda row: row.order)[2].state == DONE and max(RANK, key=lambda s: RANK[s]) == DONE
