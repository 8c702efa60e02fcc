from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from unweave.engines import cache as module
from unweave.engines.cache import Cache


def test_what_was_written_is_read(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new")
    assert cache.read("a") is None
    cache.write("a", b"abc")
    cache.write("b", b"")
    assert (cache.read("a"), cache.read("b"), cache.read("c")) == (b"abc", b"", None)
    assert (cache.size("a"), cache.size("b"), cache.size("c")) == (3, 0, None)


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-1] + b"x"])
def test_damage_is_noticed(damage, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.write("a", b"abc" * 100)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert cache.read("a") is None
    cache.write("a", b"new")
    assert cache.read("a") == b"new"


def test_a_place_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = Cache(tmp_path / "file")
    cache.write("a", b"abc")
    assert cache.read("a") is None and cache.size("a") is None
    Cache(None).write("a", b"abc")
    assert Cache(None).read("a") is None and Cache(None).size("a") is None


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 300)
    cache = Cache(tmp_path)
    for age, name in ((300, "old"), (200, "used"), (100, "young")):
        cache.write(name, bytes(80))
        file = tmp_path / f"{name}.bin"
        os.utime(file, (file.stat().st_mtime - age,) * 2)
    assert cache.read("used") is not None
    cache.write("new", bytes(80))
    assert cache.read("old") is None
    assert [name for name in ("used", "young", "new") if cache.read(name) is None] == []


def test_notes_are_kept_for_a_week(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new")
    assert cache.note("a") == ""
    cache.write_note("a", "1.25")
    cache.write_note("b", "slower")
    assert (Cache(tmp_path / "new").note("a"), cache.note("b"), cache.size("a")) == ("1.25", "slower", None)
    long_ago = time.time() - module.REMEMBERED - 60
    os.utime(tmp_path / "new" / "a.note", (long_ago, long_ago))
    assert (cache.note("a"), cache.note("b")) == ("", "slower")
    cache.write("c", b"abc")
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == ["b.note", "c.bin"]


def test_notes_that_cannot_be_kept_or_read_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for cache in (Cache(None), Cache(tmp_path / "file")):
        cache.write_note("a", "slower")
        assert cache.note("a") == ""
    (tmp_path / "a.note").write_bytes(b"\xff")
    assert Cache(tmp_path).note("a") == ""
