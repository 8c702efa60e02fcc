"""What is no regular file is named by what it is, before it is opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unweave.errors import UnweaveError
from unweave.regular import check_regular


def test_a_file_passes_and_what_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ok").write_bytes(b"x")
    (tmp_path / "empty").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    check_regular(tmp_path / "ok")
    for name, says in [
        ("pipe", "is a pipe, not a regular file; give a list on disk"),
        ("empty", "is empty"),
        (".", "is a folder, not a list"),
        ("none", "There is no file"),
        ("ok/below", "There is no file"),
        ("loop", "cannot be opened"),
        ("a\0b", "There is no file"),
        ("n" * 300, r"n\.\.\. cannot be opened: File name too long"),
    ]:
        with pytest.raises(UnweaveError, match=says):
            check_regular(tmp_path / name, "list")
