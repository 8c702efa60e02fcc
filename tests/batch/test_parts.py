from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from unweave.batch import parts
from unweave.batch.parts import Part, parts_of, read_part
from unweave.batch.rows import DONE, Row
from unweave.claims import try_lock
from unweave.errors import UnweaveError


def row(number: int) -> Row:
    return Row(f"{number}.wav", "p", "q", DONE, 2)


def test_each_writer_has_a_file_of_its_own_that_is_locked_while_it_lives(tmp_path: Path) -> None:
    with Part(tmp_path) as first, Part(tmp_path) as second:
        first.add(row(1))
        second.add(row(2))
        assert len(parts_of(tmp_path)) == 2
        other = os.open(first.path, os.O_RDWR)
        assert try_lock(other) is False
    assert try_lock(other) is True
    os.close(other)
    assert {found.name for part in parts_of(tmp_path) for found in read_part(part)} == {"1.wav", "2.wav"}


def test_a_writer_that_wrote_nothing_leaves_nothing(tmp_path: Path) -> None:
    with Part(tmp_path):
        pass
    assert parts_of(tmp_path) == []


def test_a_line_that_was_cut_is_passed_over_and_the_next_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, room = os.write, iter([40, 0])

    def full(descriptor: int, data: bytes) -> int:
        if (left := next(room, len(data))) == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:left])

    with Part(tmp_path) as part:
        monkeypatch.setattr(parts.os, "write", full)
        with pytest.raises(UnweaveError, match="No space left"):
            part.add(row(1))
        part.add(row(2))
        with open(part.path, "ab") as file:
            file.write(row(3).line()[:-5])
        assert [found.name for found in read_part(part.path)] == ["2.wav"]


def test_a_new_part_that_was_taken_for_that_of_a_dead_process_is_left_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True])
    monkeypatch.setattr(parts, "try_lock", lambda descriptor: next(answers))
    with Part(tmp_path) as part:
        part.add(row(1))
        assert len(parts_of(tmp_path)) == 2 and list(read_part(part.path))


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnweaveError, match="cannot be written"):
        Part(tmp_path / "file")
