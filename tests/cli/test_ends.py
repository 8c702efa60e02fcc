"""Standard streams that are closed, full or left by their reader; disks without room; hangups."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from unweave.cli.ends import disk_full

SHELL = sys.platform != "win32"
RUN = [sys.executable, "-m", "unweave"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["models", "list"], ["--version"], ["--help"]])
def test_a_standard_output_that_is_full_is_a_sentence_and_2(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*RUN, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "No space left" in done.stderr, done.stderr


@pytest.mark.skipif(not SHELL, reason="shells only")
@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&-", ">&- 2>&-", "2>/dev/full"])
def test_closed_streams_are_quiet_and_the_status_is_right(tmp_path: Path, closing: str) -> None:
    command = f'"{sys.executable}" -m unweave models list {closing}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    command = f'"{sys.executable}" -m unweave models info none {closing}'
    assert subprocess.run(["sh", "-c", command], capture_output=True, cwd=tmp_path).returncode == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not SHELL, reason="signals")
@pytest.mark.parametrize("ignored", [False, True])
def test_a_hangup_leaves_nothing_half_done_and_nohup_goes_on(tmp_path: Path, ignored: bool) -> None:
    code = (
        "import signal, sys, os\n"
        f"signal.signal(signal.SIGHUP, signal.SIG_IGN if {ignored} else signal.SIG_DFL)\n"
        "from pathlib import Path\nfrom unweave.cli import main\nfrom unweave.atomic import complete_folder\n"
        "def work(words):\n"
        f"    with complete_folder(Path({str(tmp_path / 'x')!r})):\n"
        "        os.kill(os.getpid(), signal.SIGHUP)\n        return 0\n"
        "main._dispatch = work\nmain.main([])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == (0 if ignored else 130), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == (["x"] if ignored else [])


def test_a_full_disk_is_told_through_whatever_library() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/log")
    assert (disk_full(full) or "").startswith("/data/log cannot be written")
    try:
        try:
            raise full
        except OSError as error:
            raise RuntimeError("writer failed") from error
    except RuntimeError as error:
        assert "disk" in (disk_full(error) or "")
    rust = type("SafetensorError", (Exception,), {})
    assert disk_full(rust("I/O error: No space left on device (os error 28)")) is not None
    assert disk_full(OSError(errno.EACCES, "Permission denied")) is None and disk_full(ValueError("28")) is None
