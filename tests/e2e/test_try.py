"""The page that takes recordings apart in the browser: its tracks are the command line's, and nothing leaves it."""

from __future__ import annotations

import contextlib
import csv
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile
from chromium import MISSING, Page, chromium, find_chromium
from desks import saved
from exportable import exportable_model, exported, made_recording

from unweave.inference.report import MARK
from unweave.model import Model

PAGE = Path(__file__).parents[2] / "docs" / "try"
RATE = 44100

pytest.importorskip("onnx", reason="needs onnx: pip install 'unweave[onnx]'")


class Quiet(SimpleHTTPRequestHandler):
    """As a static host, without headers of any kind; it remembers what was asked of it."""

    extensions_map = {".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}
    extensions_map |= {".wasm": "application/wasm", "": "application/octet-stream"}
    asked: list[str] = []

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # of a page that was left before all of it had come
            super().handle()

    def log_message(self, *_: object) -> None:
        self.asked.append(self.requestline)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site") / "try"
    shutil.copytree(PAGE, folder, ignore=shutil.ignore_patterns("model", "example.flac"))
    shutil.copytree(exported(), folder / "model")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if not find_chromium():
        pytest.skip(MISSING)
    if not (PAGE / "vendor").is_dir():
        pytest.skip("needs ONNX Runtime Web in docs/try/vendor: say make try")
    with chromium() as browser, browser.page(downloads=tmp_path_factory.mktemp("downloads")) as page:
        yield page


@pytest.fixture(scope="module")
def whole() -> Model:
    return exportable_model()


def test_tracks_are_those_of_the_command_line_and_nothing_leaves(
    page: Page, address: str, whole: Model, tmp_path: Path
) -> None:
    recording = tmp_path / "two sounds.wav"
    soundfile.write(recording, made_recording(RATE).T, RATE, "PCM_16")
    folder = whole.separate_file(recording, tmp_path / "out").folder
    page.open(address)
    page.choose("#file", recording)
    page.wait("document.querySelector('.desk') || document.getElementById('fault').checkVisibility()")
    assert page.run("document.getElementById('fault').hidden"), page.run("document.getElementById('fault').textContent")
    mine, rate = saved(page, ".desk")
    assert rate == RATE
    theirs = {file.stem: soundfile.read(file, dtype="float32")[0].T for file in (folder / "sounds").glob("*.wav")}
    assert (folder / MARK).is_file() and mine.keys() == theirs.keys() and len(mine) > 1
    for name, samples in mine.items():
        assert samples.shape == theirs[name].shape
        assert np.abs(samples - theirs[name]).max() < 1e-3, name
    with open(folder / "events.csv", encoding="utf-8", newline="") as file:
        events = [
            (row["class"], f"{float(row['start']):.1f} s", f"{float(row['end']):.1f} s") for row in csv.DictReader(file)
        ]
    shown = page.run(
        "[...document.querySelectorAll('#events tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))"
    )
    assert [tuple(row[:3]) for row in shown] == events

    page.run("document.getElementById('names').value = 'dog'")
    page.click("#ask button")
    page.wait("document.querySelectorAll('.desk').length === 2")
    mine, _ = saved(page, ".desk:first-child")
    for track in whole.separate(recording, classes=["Dog"]):
        assert np.abs(mine[track.name] - track.audio).max() < 1e-3, track.name
    page.run("document.getElementById('names').value = 'Dgo'")
    page.click("#ask button")
    page.wait("document.getElementById('fault').textContent.includes('does not know')")

    page.click(".desk .play")
    page.wait("Number(document.querySelector('.desk input').value) > 0.1", "the time passes while it plays")
    page.click(".desk .play", "Pause")
    page.click(".desk .tools button", "Only")
    assert page.run("document.querySelectorAll('.desk:first-child .silent').length") == 1
    assert page.complaints() == []
    assert len(Quiet.asked) > 10 and all(re.match(r"GET /[\w/.-]+ HTTP", line) for line in Quiet.asked), Quiet.asked


def test_what_is_no_sound_is_a_sentence(page: Page, address: str, tmp_path: Path) -> None:
    (tmp_path / "letter.wav").write_text("Dear browser")
    page.open(address)
    page.choose("#file", tmp_path / "letter.wav")
    page.wait("document.getElementById('fault').textContent.includes('letter.wav holds no sound')")
    assert page.run("document.getElementById('drop').checkVisibility()"), "another one can be chosen"


def test_it_fits_a_phone_and_everything_has_a_name(page: Page, address: str) -> None:
    page.open(address)
    page.size(360, 740, 2, True)
    assert page.run("document.documentElement.scrollWidth") <= 360
    named = "e.textContent.trim() || e.ariaLabel || e.labels?.length"
    unnamed = f"[...document.querySelectorAll('button, input, a')].filter((e) => !({named}))"
    assert page.run(f"{unnamed}.length") == 0
    assert page.run("document.querySelector('meta[http-equiv]').content.includes(\"connect-src 'self'\")")


def test_policy_and_sources_speak_to_nobody_else() -> None:
    """What holds without a browser: no address of another host in the page or its scripts."""
    for file in [*PAGE.glob("*.*"), *(PAGE / "engine").glob("*.js")]:
        if file.suffix in (".js", ".html", ".css"):
            text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "://" not in text, file.name
