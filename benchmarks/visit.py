"""The built site as a visitor uses it: from "try it here" to the tracks of the example, in headless Chromium.

    make docs                                                # with npm at hand, so that the page has its networks
    python benchmarks/visit.py -o build/visit                # and pictures at two widths, light and dark

Says how far the tracks are from those of `unweave separate examples/scene.flac` and how long they take, by the clock
and by the processor, which a busy machine changes less. Ends with an error if a sample differs by more than 0.001 of
full scale, if the page complains, or if it asks for anything but files of the site.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import soundfile

from light import SCENE, group_seconds

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from chromium import MISSING, Page, chromium, find_chromium  # noqa: E402
from desks import saved  # noqa: E402

SITE = ROOT / "site"
NEAR = 1e-3  # of full scale: the browser resamples in its own way
SIZES = {1440: 900, 390: 844}
DONE = "document.querySelector('.desk') || !document.getElementById('fault').hidden"


class Host(SimpleHTTPRequestHandler):
    """A static host; it keeps what was asked of it."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript", ".wasm": "application/wasm"}
    asked: list[str] = []

    def log_message(self, *_: object) -> None:
        """Keep it, say nothing."""
        self.asked.append(self.requestline)


def album(page: Page, folder: Path | None, name: str) -> None:
    """The page as it is, at both widths, light and dark."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES.items():
        for dark in (False, True):
            page.dark(dark)
            page.size(width, height, mobile=width < 600)
            page.run("new Promise((go) => setTimeout(go, 500))")  # drawings follow the width a little later
            page.picture(folder / f"{name}-{width}-{'dark' if dark else 'light'}.png", whole=True)
    page.dark(False)
    page.size(1440, 900)


def visit(page: Page, address: str, folder: Path | None) -> tuple[dict[str, np.ndarray], list[float]]:
    """Tracks of the example; seconds of the first time and of another one, clock and processor each."""
    page.size(1440, 900)
    page.open(f"{address}/try.html")
    page.run("document.querySelector('a.md-button').click()")  # not by the mouse: the page that it is on goes
    page.wait("location.pathname.endsWith('/try/index.html') && document.readyState === 'complete'")
    album(page, folder, "1-welcome")
    took: list[float] = []
    for _ in range(2):
        begun, spent = time.time(), group_seconds()
        page.click("#example")
        page.wait("document.body.classList.contains('busy')")
        page.wait(DONE)
        took += [time.time() - begun, group_seconds() - spent]
        if not page.run("document.getElementById('fault').hidden"):
            sys.exit(page.run("document.getElementById('fault').textContent"))
    page.click("#events summary")
    album(page, folder, "2-tracks")
    return saved(page, ".desk")[0], took


def main() -> None:
    """Visit, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, help="folder for pictures; without it none are taken")
    out = parser.parse_args().out
    if not find_chromium():
        sys.exit(MISSING)
    if not (SITE / "try" / "vendor").is_dir():
        sys.exit("There is no site/ whose page has its networks: say make docs, with npm at hand.")
    with tempfile.TemporaryDirectory() as place:
        words = ["separate", SCENE, "-o", place, "--quiet", "--no-overview"]
        subprocess.run([sys.executable, "-m", "unweave", *words], check=True, stdout=subprocess.DEVNULL)
        files = (Path(place) / SCENE.stem / "sounds").glob("*.wav")
        theirs = {file.stem: soundfile.read(file, dtype="float32")[0].T for file in files}
    serve = partial(Host, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server, chromium() as browser, browser.page() as page:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        mine, took = visit(page, f"http://127.0.0.1:{server.server_port}", out)
        complaints = page.complaints()
        server.shutdown()
    others = [line for line in Host.asked if not re.match(r"GET /[\w/.%-]+ HTTP", line)]
    if complaints or others or mine.keys() != theirs.keys():
        sys.exit(f"Complaints: {complaints}; asked for: {others}; tracks {sorted(mine)} instead of {sorted(theirs)}.")
    far = max(float(np.abs(mine[name] - theirs[name]).max()) for name in theirs)
    seconds = soundfile.info(SCENE).duration
    print(f"{len(theirs)} tracks, at most {far:.6f} of full scale from those of unweave separate")
    first, first_cpu, again, again_cpu = took
    print(f"{seconds:.0f} s of stereo, first time: {first:.1f} s ({first_cpu:.1f} of the processor);", end=" ")
    print(f"again: {again:.1f} s ({again_cpu:.1f}), real-time factor {again / seconds:.2f} ({again_cpu / seconds:.2f})")
    print(f"{os.cpu_count()} cores, load of the machine {os.getloadavg()[0]:.1f}")
    if far > NEAR:
        sys.exit(f"That is more than {NEAR}.")


if __name__ == "__main__":
    main()
