"""Downloads against a server that also breaks off, lies and stalls."""

from __future__ import annotations

import errno
import hashlib
import http.server
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from unweave.errors import DownloadError
from unweave.pretrained import download, transfer
from unweave.pretrained.download import fetch
from unweave.pretrained.registry import ModelInfo

DATA = bytes(range(256)) * 1200
SHA = hashlib.sha256(DATA).hexdigest()
QUICK: dict[str, Any] = {"timeout": 0.4, "tries": 3, "wait": 0.01}


class Server(http.server.ThreadingHTTPServer):
    """Serves DATA; `behave` names what goes wrong with the n-th request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave: list[str] = []
        self.data = DATA
        self.etag = '"1"'
        self.ranges: list[str | None] = []
        self.if_ranges: list[str | None] = []
        self.stop = threading.Event()

    def url(self, name: str = "weights%3Da.bin") -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        server.ranges.append(wanted)
        server.if_ranges.append(self.headers.get("If-Range"))
        how = server.behave.pop(0) if server.behave else "fine"
        if how.isdigit():
            self.send_error(int(how))
            return
        if how == "redirect":
            self.send_response(302)
            self.send_header("Location", server.url("elsewhere"))
            self.end_headers()
            return
        data, start = server.data, 0
        same = self.headers.get("If-Range") in (None, server.etag)
        if wanted and same and how not in ("ignore", "ignore-break"):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        claimed = len(data) - start + {"long": 1000, "short": -1000}.get(how, 0)
        if how != "no-length":
            self.send_header("Content-Length", str(claimed))
        self.send_header("Content-Type", "text/html" if how == "page" else "application/octet-stream")
        self.send_header("ETag", server.etag)
        self.end_headers()
        body = data[start:]
        if how in ("break", "ignore-break", "stall"):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            if how == "stall":
                server.stop.wait()  # for as long as the test
            return
        self.wfile.write(bytes(len(body)) if how == "wrong" else body)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("UNWEAVE_OFFLINE", "HF_HUB_OFFLINE", "UNWEAVE_CACHE", "http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


def row(server: Server, **known: Any) -> ModelInfo:
    return ModelInfo("thing", "a thing", "tagger", "none", url=server.url(), **known)


def complete(path: Path) -> bool:
    """The file is right, and nothing unfinished lies beside it."""
    return path.read_bytes() == DATA and not list(path.parent.glob("*.part*"))


def test_a_file_is_fetched_once_under_its_own_name(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    said: list[str] = []
    thing = row(server, sha256=SHA, bytes=len(DATA))
    path = fetch(thing, tmp_path, lambda done, size: seen.append((done, size)), say=said.append, **QUICK)
    assert path == tmp_path / "thing" / "weights=a.bin" and complete(path)
    assert seen[-1] == (len(DATA), len(DATA)) and [d for d, _ in seen] == sorted(d for d, _ in seen)
    assert said == []
    assert fetch(thing, tmp_path, **QUICK) == path
    assert server.ranges == [None]


def test_where_it_broke_off_it_goes_on(server: Server, tmp_path: Path) -> None:
    server.behave = ["break", "break"]
    assert complete(fetch(row(server, sha256=SHA), tmp_path, **QUICK))
    half = len(DATA) // 2
    assert server.ranges == [None, f"bytes={half}-", f"bytes={half + half // 2}-"]
    assert server.if_ranges[1:] == ['"1"', '"1"']


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(server: Server, tmp_path: Path) -> None:
    server.behave = ["break", "503", "503"]
    with pytest.raises(DownloadError, match=r"503.*3 tries.*kept"):
        fetch(row(server, sha256=SHA), tmp_path, **QUICK)
    assert complete(fetch(row(server, sha256=SHA), tmp_path, **QUICK))
    assert server.ranges[-1] == f"bytes={len(DATA) // 2}-"


def test_a_server_that_ignores_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.behave = ["break", "ignore"]
    assert complete(fetch(row(server, sha256=SHA), tmp_path, **QUICK))


def test_a_server_that_always_breaks_off_at_the_same_place_does_not_hold_us_for_ever(
    server: Server, tmp_path: Path
) -> None:
    server.behave = ["ignore-break"] * 50
    with pytest.raises(DownloadError, match="broke off after"):
        fetch(row(server), tmp_path, **QUICK)
    assert len(server.ranges) == 3


def test_a_file_that_changed_between_two_tries_is_not_glued_together(server: Server, tmp_path: Path) -> None:
    server.behave = ["break", "503", "503"]
    server.data, server.etag = bytes(len(DATA)), '"0"'
    with pytest.raises(DownloadError):
        fetch(row(server), tmp_path, **QUICK)
    server.data, server.etag = DATA, '"1"'
    assert complete(fetch(row(server), tmp_path, **QUICK))


def test_a_part_that_is_whole_already_is_taken(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    folder.mkdir()
    (folder / "weights=a.bin.part").write_bytes(DATA)
    assert complete(fetch(row(server, sha256=SHA), tmp_path, **QUICK))


def test_a_part_that_is_too_long_is_dropped(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    folder.mkdir()
    for known in ({"bytes": len(DATA)}, {}):
        (folder / "weights=a.bin.part").write_bytes(DATA + b"more")
        path = fetch(row(server, sha256=SHA, **known), tmp_path, **QUICK)
        assert complete(path)
        path.unlink()


def test_a_server_that_promises_too_much(server: Server, tmp_path: Path) -> None:
    server.behave = ["long"]
    # What was left over is asked for, and the server then says that there is no more.
    assert complete(fetch(row(server, sha256=SHA), tmp_path, **QUICK))


@pytest.mark.parametrize("how", ["long", "short"])
def test_a_server_whose_length_is_not_the_registered_one(server: Server, tmp_path: Path, how: str) -> None:
    server.behave = [how]
    with pytest.raises(DownloadError, match="registered"):
        fetch(row(server, bytes=len(DATA)), tmp_path, **QUICK)
    assert complete(fetch(row(server, bytes=len(DATA)), tmp_path, **QUICK))


def test_a_server_that_gives_less_than_the_whole_is_found_out_by_the_hash(server: Server, tmp_path: Path) -> None:
    server.behave = ["short"]
    with pytest.raises(DownloadError, match="SHA-256"):
        fetch(row(server, sha256=SHA), tmp_path, **QUICK)


def test_wrong_content_is_removed_and_the_next_try_works(server: Server, tmp_path: Path) -> None:
    server.behave = ["wrong"]
    with pytest.raises(DownloadError, match="not thing.*removed"):
        fetch(row(server, sha256=SHA, bytes=len(DATA)), tmp_path, **QUICK)
    assert [p.name for p in (tmp_path / "thing").iterdir() if not p.name.endswith(".lock")] == []
    assert complete(fetch(row(server, sha256=SHA, bytes=len(DATA)), tmp_path, **QUICK))


def test_without_a_registered_hash_the_first_one_is_recorded_and_said_and_held_to(
    server: Server, tmp_path: Path
) -> None:
    said: list[str] = []
    path = fetch(row(server), tmp_path, say=said.append, **QUICK)
    assert len(said) == 1 and SHA in said[0] and "could not be checked" in said[0] and "length" not in said[0]
    record = path.with_name(path.name + ".sha256.json")
    assert json.loads(record.read_text())["sha256"] == SHA
    path.write_bytes(DATA[:-1] + b"\0")
    assert complete(fetch(row(server), tmp_path, say=said.append, **QUICK))
    assert "damaged" in said[1]
    path.unlink()
    server.behave = ["wrong"]
    with pytest.raises(DownloadError, match="differs from the first download"):
        fetch(row(server), tmp_path, **QUICK)
    record.unlink()
    server.behave = ["wrong"]
    assert fetch(row(server), tmp_path, **QUICK).read_bytes() == bytes(len(DATA))


def test_a_check_that_was_not_made_is_not_claimed(server: Server, tmp_path: Path) -> None:
    said: list[str] = []
    server.behave = ["no-length"]
    assert complete(fetch(row(server), tmp_path, say=said.append, **QUICK))
    assert "length could be checked" in said[0]


def test_a_file_put_there_by_hand_is_recorded(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNWEAVE_OFFLINE", "1")
    said: list[str] = []
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing" / "weights=a.bin").write_bytes(DATA)
    assert complete(fetch(row(server, bytes=len(DATA)), tmp_path, say=said.append, **QUICK))
    assert SHA in said[0] and server.ranges == []


def test_a_server_that_stalls_is_left_in_time_and_resumed(server: Server, tmp_path: Path) -> None:
    server.behave = ["stall"]
    assert complete(fetch(row(server, sha256=SHA), tmp_path, **QUICK))
    server.behave = ["stall"] * 9
    with pytest.raises(DownloadError, match="nothing came for 0.4 s"):
        fetch(row(server), tmp_path / "other", **QUICK)


def test_a_missing_file_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    for code in ("404", "403", "401"):
        server.behave, server.ranges = [code], []
        with pytest.raises(DownloadError, match=f"answered {code}"):
            fetch(row(server), tmp_path, **QUICK)
        assert len(server.ranges) == 1


def test_a_server_that_recovers_is_tried_again(server: Server, tmp_path: Path) -> None:
    server.behave = ["500", "503"]
    assert complete(fetch(row(server, sha256=SHA), tmp_path, **QUICK))


def test_redirects_are_followed(server: Server, tmp_path: Path) -> None:
    server.behave = ["redirect"]
    path = fetch(row(server, sha256=SHA), tmp_path, **QUICK)
    assert complete(path) and path.name == "weights=a.bin"


def test_no_redirect_leaves_encryption() -> None:
    request = transfer.urllib.request.Request("https://example.org/a")
    with pytest.raises(DownloadError, match="without encryption"):
        transfer._SafeRedirects().redirect_request(request, None, 302, "Found", {}, "http://example.org/a")


def test_a_web_page_is_no_file_of_weights(server: Server, tmp_path: Path) -> None:
    server.behave = ["page"]
    with pytest.raises(DownloadError, match="web page"):
        fetch(row(server), tmp_path, **QUICK)


def test_nobody_there(server: Server, tmp_path: Path) -> None:
    nowhere = ModelInfo("thing", "", "tagger", "", url="http://127.0.0.1:1/x.bin")
    with pytest.raises(DownloadError, match="could not be fetched"):
        fetch(nowhere, tmp_path, **QUICK)


@pytest.mark.parametrize("variable", ["UNWEAVE_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_means_offline_but_the_cache_serves(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(DownloadError, match=f"{variable} forbids"):
        fetch(row(server, sha256=SHA), tmp_path, **QUICK)
    assert server.ranges == []
    monkeypatch.setenv(variable, "0")
    path = fetch(row(server, sha256=SHA), tmp_path, **QUICK)
    monkeypatch.setenv(variable, "true")
    assert fetch(row(server, sha256=SHA), tmp_path, **QUICK) == path


def test_the_cache_lies_where_it_is_told(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNWEAVE_CACHE", str(tmp_path / "mine"))
    assert fetch(row(server, sha256=SHA), **QUICK).is_relative_to(tmp_path / "mine")
    monkeypatch.delenv("UNWEAVE_CACHE")
    monkeypatch.setattr(download.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert download.default_cache() == tmp_path / "xdg" / "unweave"


def test_a_disk_that_is_full_is_said_before_and_during(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
        with pytest.raises(DownloadError, match=r"disk of .* is full.*1,000 are free"):
            fetch(row(server, sha256=SHA), tmp_path, **QUICK)

    class Full:
        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: Any) -> None:
            pass

        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "_open", lambda *_: Full())
        with pytest.raises(DownloadError, match=r"disk of .* is full"):
            fetch(row(server, sha256=SHA), tmp_path, **QUICK)
    assert complete(fetch(row(server, sha256=SHA), tmp_path, **QUICK))


def test_a_cache_that_cannot_be_made_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch(row(server), tmp_path / "file", **QUICK)


def test_what_has_no_address_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="by hand"):
        fetch(ModelInfo("x", "", "tagger", "", note="Fetch it by hand."), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_embedded_model_is_its_folder(tmp_path: Path) -> None:
    assert fetch(ModelInfo("x", "", "model", "", path=tmp_path / "w"), tmp_path) == tmp_path / "w"


_FETCH_ELSEWHERE = """
import sys
from unweave.pretrained.download import fetch
from unweave.pretrained.registry import ModelInfo
thing = ModelInfo("thing", "", "tagger", "", url=sys.argv[1], sha256=sys.argv[2])
fetch(thing, sys.argv[3], timeout=0.8, tries=3, wait=0.01)
"""


def test_processes_that_want_the_same_file_fetch_it_once(server: Server, tmp_path: Path) -> None:
    said: list[str] = []
    server.behave = ["stall"]  # holds the other process long enough for this one to come
    other = subprocess.Popen([sys.executable, "-c", _FETCH_ELSEWHERE, server.url(), SHA, str(tmp_path)])
    while not server.ranges and other.poll() is None:
        time.sleep(0.01)
    assert complete(fetch(row(server, sha256=SHA), tmp_path, say=said.append, **QUICK))
    assert other.wait(20) == 0
    assert said == ["Another process is fetching thing; waiting for it."]
    assert len(server.ranges) == 2
