from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

from unweave.cli.main import run

pytest.importorskip("fastapi", reason='the page is not installed: pip install "unweave[serve]"')


def test_options_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    import unweave.app.server

    told: list[Any] = []

    def serve(service: Any, host: str, port: int, names: list[str], ready: Any) -> None:
        told.extend([service, host, port, names])
        service.root.close()

    monkeypatch.setattr(unweave.app.server, "run", serve)
    words = "serve --host 0.0.0.0 --port 81 --model small --model a/b/small --device cpu --max-mb 3 --max-minutes 2"
    assert run([*words.split(), "--max-waiting", "7", "--keep-minutes", "5", "--name", "sound.example.org"]) == 0
    service, *rest = told
    assert rest == ["0.0.0.0", 81, ["sound.example.org"]]
    assert list(service.models) == ["small", "small 2"]
    limits = service.limits
    assert (limits.bytes, limits.seconds, limits.waiting, limits.keep_seconds) == (3_000_000, 120, 7, 300)


def test_an_address_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run(["serve", "--port", str(taken.getsockname()[1])]) == 2
    assert "choose another --port" in capsys.readouterr().err


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert run(["serve"]) == 2
    assert 'pip install "unweave[serve]"' in capsys.readouterr().err
