"""One server with the tiny model, and one with a model that is none, for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason='the page is not installed: pip install "unweave[serve]"')
pytest.importorskip("uvicorn", reason='the page is not installed: pip install "unweave[serve]"')

from made_up import open_made_up  # noqa: E402
from serving import TinyLoading, served  # noqa: E402

from unweave.app.service import Service  # noqa: E402


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    with served(tmp_path_factory.mktemp("tiny"), TinyLoading()) as server:
        yield server


@pytest.fixture(scope="session")
def hollow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    with served(tmp_path_factory.mktemp("hollow"), open_made_up) as server:
        yield server
    assert os.path.isdir(server[0].root.path) is False
