"""One browser, one server with the tiny model, and one with a model that is none, for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason='the page is not installed: pip install "unweave[serve]"')
pytest.importorskip("uvicorn", reason='the page is not installed: pip install "unweave[serve]"')

import soundfile  # noqa: E402
from chromium import Browser, Page, chromium  # noqa: E402
from holding import HoldingLoading  # noqa: E402
from made_up import open_made_up  # noqa: E402
from paging import bring  # noqa: E402
from serving import LIMIT, MADE, SECONDS, served  # noqa: E402
from tiny import RATE, tones  # noqa: E402
from videos import Film, make  # noqa: E402

from unweave.app.limits import Limits  # noqa: E402
from unweave.app.service import Service  # noqa: E402

Served = tuple[Service, str]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    with served(tmp_path_factory.mktemp("tiny"), HoldingLoading(), Limits(bytes=LIMIT, leave_seconds=3600.0)) as server:
        yield server


@pytest.fixture(scope="session")
def hollow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    with served(tmp_path_factory.mktemp("hollow"), open_made_up) as server:
        yield server
    assert os.path.isdir(server[0].root.path) is False


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Speech (a low tone) for two seconds, then a dog (a higher one)."""
    path = tmp_path_factory.mktemp("sounds") / "street.wav"
    soundfile.write(path, tones(SECONDS, RATE, {0: (0, 2), 1: (2, SECONDS)}).T, RATE, subtype="FLOAT")
    os.utime(path, (MADE, MADE))
    return path


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures; speech all the time, and a dog in the second second."""
    sounds = tones(2, 48000, {0: (0, 2), 1: (1, 2)})
    return make(tmp_path_factory.mktemp("films") / "film.mp4", Film([sounds], times=[24 * n for n in range(50)]))


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Iterator[Page]:
    with browser.page() as one:
        yield one


@pytest.fixture
def page(tab: Page, tiny: Served, tmp_path: Path) -> Iterator[Page]:
    """Somebody new on the page; whatever it writes into the console as an error is one."""
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    tab.download_to(downloads)
    tab.size(1280, 900)
    tab.dark(False)
    tab.open(tiny[1], "document.documentElement.dataset.ready")
    yield tab
    complaints = tab.complaints()
    tab.forget(tiny[1])
    assert complaints == []


@pytest.fixture
def opened(page: Page, street: Path) -> Page:
    """The same, with the recording and what was found in it."""
    return bring(page, street)
