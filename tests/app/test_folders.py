from __future__ import annotations

import os
import stat
from pathlib import Path

from unweave.app.folders import Root, size_of, within


def test_a_root_is_private_and_gone_at_its_end(tmp_path: Path) -> None:
    root = Root(tmp_path)
    assert stat.S_IMODE(os.stat(root.path).st_mode) == 0o700
    (root.path / "a").mkdir()
    (root.path / "a/x").write_bytes(b"12345")
    assert size_of(root.path / "a") == 5
    root.close()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_server_left_is_taken_away_and_nothing_of_a_living_one(tmp_path: Path) -> None:
    living, dead = Root(tmp_path), Root(tmp_path)
    assert dead._lock is not None
    dead._lock.close()  # as the system does it with whatever is killed
    (tmp_path / "unweave-serve-notes.txt").write_text("of somebody")
    (tmp_path / "unweave-serve-other").mkdir()
    (tmp_path / "unweave-serve-link").symlink_to(living.path)
    third = Root(tmp_path)
    assert living.path.is_dir() and third.path.is_dir() and not dead.path.exists()
    assert (tmp_path / "unweave-serve-notes.txt").exists() and (tmp_path / "unweave-serve-other").exists()
    living.close()
    third.close()


def test_only_regular_files_below_a_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "in").mkdir(parents=True)
    (folder / "in/x").write_text("x")
    (tmp_path / "secret").write_text("s")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "inner").symlink_to(folder / "in/x")
    assert within(folder, "in/x") == (folder / "in/x").resolve()
    for name in (
        "../secret",
        "link",
        "inner",
        "in",
        "none",
        str(tmp_path / "secret"),
        "in/../in/x",
        "in\0x",
        "x" * 5000,
    ):
        assert within(folder, name) is None, name
