from __future__ import annotations

import inspect
import socket
import threading
import time
from pathlib import Path

import pytest

from unweave.errors import DownloadError
from unweave.pretrained.download import fetch
from unweave.pretrained.reaching import NoAnswer, answered
from unweave.pretrained.transfer import REACH, transfer


def test_an_answer_or_an_error_comes_through() -> None:
    def broken() -> None:
        raise ValueError("mine")

    for end in (None, time.monotonic() + 600):
        assert answered(lambda: 7, end) == 7
        with pytest.raises(ValueError, match="mine"):
            answered(broken, end)


def test_what_answers_too_late_is_closed() -> None:
    go, closed = threading.Event(), threading.Event()

    class Late:
        def close(self) -> None:
            closed.set()

    def work() -> Late:
        go.wait()
        return Late()

    with pytest.raises(NoAnswer):
        answered(work, time.monotonic())
    go.set()
    assert closed.wait(60)


def test_a_server_that_never_says_a_word_is_given_up_though_its_time_limit_is_long(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes connections and is silent
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(DownloadError, match=r"cannot be reached within 0\.3 s: it does not answer\. Look at the"):
            transfer(url, tmp_path / "x.part", timeout=1e6, tries=1000, reach=0.3)


def test_it_is_ten_seconds_unless_said() -> None:
    assert REACH <= 10 and inspect.signature(transfer).parameters["reach"].default == REACH
    assert "reach" not in inspect.signature(fetch).parameters


def test_a_server_that_is_not_there_is_not_tried_until_its_tries_are_used_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(DownloadError, match=r"cannot be reached within 0\.5 s: .*efused"):
        transfer(f"http://127.0.0.1:{port}/x", tmp_path / "x.part", tries=10**6, wait=0.01, reach=0.5)
