"""One run at a time on one place: the second is told who holds it, the dead are buried, nothing of others goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unweave import claims
from unweave.atomic import complete_folder
from unweave.claims import Held, claimed
from unweave.errors import UnweaveError

HOLD = """
import sys
from pathlib import Path
from unweave.atomic import complete_folder
with complete_folder(Path(sys.argv[1])) as part:
    (part / "half").write_text("half")
    print("there", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    claims._swept.clear()
    yield


def holding(target: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "there\n"
    return process


def test_the_second_run_is_told_who_holds_the_place_and_the_first_one_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "x"
    with holding(target) as first:
        with pytest.raises(Held, match=rf"{target} is being written by another run \(process {first.pid} on .*since 2"):
            with complete_folder(target):
                raise AssertionError("never")
        assert not target.exists()
        first.communicate("\n")
    assert first.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["x"] and (target / "half").exists()


def test_what_a_killed_run_left_is_taken_over_by_the_next_one_at_any_place_beside_it(tmp_path: Path) -> None:
    for number, place in enumerate(("x", "y")):
        with holding(tmp_path / "x") as first:
            first.send_signal(signal.SIGKILL)
        assert len(list(tmp_path.glob(".unweave-*"))) == 1 and len(list(tmp_path.glob(".*.unweave-lock"))) == 1
        claims._swept.clear()
        with complete_folder(tmp_path / place) as part:
            (part / "whole").write_text("")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "y"][: number + 1]


def test_what_a_killed_run_was_replacing_gets_its_name_back(tmp_path: Path) -> None:
    part = ".unweave-1-0123abcd"
    (tmp_path / f"{part}-old").mkdir()
    (tmp_path / f"{part}-old" / "dear").write_text("")
    (tmp_path / part).mkdir()
    (tmp_path / ".x.unweave-lock").write_text(json.dumps({"process": 1, "host": "h", "place": "x", "part": part}))
    with claimed(tmp_path / "y"):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["x", "dear"]


@pytest.mark.parametrize("part", ["../precious", "precious", ".unweave-1-0123abcd/../precious", "", 7, None])
def test_a_lock_that_somebody_made_up_removes_nothing(tmp_path: Path, part: object) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "in" / "precious").mkdir(parents=True)
    (tmp_path / "in" / ".x.unweave-lock").write_text(json.dumps({"part": part, "place": "x"}))
    with claimed(tmp_path / "in" / "x"):
        pass
    assert (tmp_path / "precious").exists() and (tmp_path / "in" / "precious").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 3000, '{"process": "1"}', "\0"])
def test_a_damaged_lock_is_taken_over(tmp_path: Path, text: str) -> None:
    (tmp_path / ".x.unweave-lock").write_text(text)
    with claimed(tmp_path / "x"):
        pass
    assert not list(tmp_path.iterdir())


def test_where_a_file_system_has_no_locks_the_owner_that_the_file_names_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_try_lock", lambda descriptor: None)
    with claimed(tmp_path / "x"), pytest.raises(Held, match=f"process {os.getpid()} "), claimed(tmp_path / "x"):
        pass
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    owner = {"process": ended.pid, "host": claims.socket.gethostname()}
    (tmp_path / ".x.unweave-lock").write_text(json.dumps(owner))
    with claimed(tmp_path / "x"):
        pass
    (tmp_path / ".x.unweave-lock").write_text(json.dumps(owner | {"host": "another"}))
    with pytest.raises(Held, match="on another"), claimed(tmp_path / "x"):
        pass


def test_threads_and_other_places_do_not_disturb_each_other(tmp_path: Path) -> None:
    with claimed(tmp_path / "x"), claimed(tmp_path / "y"), pytest.raises(UnweaveError), claimed(tmp_path / "x"):
        pass
    long = tmp_path / ("ä" * 127)  # 254 bytes leave no room for an ending
    with claimed(long):
        assert list(tmp_path.glob(".*.unweave-lock"))
    assert not list(tmp_path.iterdir())
