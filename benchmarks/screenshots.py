"""Pictures of the page at three widths, light and dark, in every state worth looking at.

    python benchmarks/screenshots.py -o build/screenshots            # all of them
    python benchmarks/screenshots.py -o build/screenshots --docs     # and docs/images/page/ anew

Needs Chromium (apt-get install chromium) and the extra `serve`; starts a server of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))

from chromium import MISSING, Browser, Page, chromium, find_chromium  # noqa: E402

SIZES = {1440: 900, 1024: 768, 390: 844}
DOCS = HERE.parent / "docs" / "images" / "page"
ALL = "document.documentElement.scrollHeight"


@contextmanager
def server() -> Iterator[str]:
    """`unweave serve` on a free port; gives its address."""
    command = [sys.executable, "-m", "unweave", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if "http://" in line:
                    yield line.split()[-1]
                    break
        finally:
            process.terminate()


class Album:
    """Pictures of one page, at all widths and in both themes."""

    def __init__(self, page: Page, folder: Path, sizes: dict[int, int]) -> None:
        self.page, self.folder, self.sizes = page, folder, sizes

    def take(self, name: str) -> None:
        """One picture for each width and theme."""
        for width, height in self.sizes.items():
            for dark in (False, True):
                self.page.dark(dark)
                self.one(f"{name}-{width}-{'dark' if dark else 'light'}", width, height)

    def one(self, name: str, width: int, height: int, kind: str = "png") -> Path:
        """The whole page at a width, at least so high; the bar stands at its end."""
        self.page.size(width, height, mobile=width < 600)
        self.page.run("scrollTo(0, 0)")
        whole = max(height, int(self.page.run(ALL)))
        self.page.size(width, whole, mobile=width < 600)
        self.page.run("new Promise((go) => setTimeout(go, 400))")  # canvases follow the width a little later
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.{kind}"
        self.page.picture(path, kind=kind, quality=82 if kind == "webp" else None)
        print(path)
        return path


def walk(browser: Browser, address: str, folder: Path, sizes: dict[int, int], docs: bool) -> None:
    """From the empty page to the tracks."""
    with browser.page() as page:
        album = Album(page, folder, sizes)
        page.size(1440, 900)
        page.open(address, "document.documentElement.dataset.ready")
        album.take("1-welcome")
        page.click("#demo")
        page.wait("document.querySelectorAll('.found-row').length && document.querySelector('#waveform div')")
        page.wait("document.querySelector('#spectrogram').naturalWidth")
        album.take("2-found")
        page.click(".found-name", "Music")
        page.click("#words")
        page.type("a dog barking")
        page.key("Enter")
        page.type("sir")
        album.take("3-asking")
        page.run("document.querySelector('#words').value = ''; document.querySelector('#words').blur()")
        page.click("#mode button", "Louder")
        page.click(".found-name", "Speech")
        page.run("document.querySelectorAll('.chip-not')[1].click(); document.querySelector('#more').open = true")
        page.run("import('/static/js/app.js').then(({actions}) => actions.mark({start: 4.6, end: 7.4}))")
        page.click("#part")
        album.take("3-louder")
        page.click("#part")
        page.click("#mode button", "Tracks")
        page.run("document.querySelector('#more').open = false")
        page.run("import('/static/js/app.js').then(({actions}) => actions.mark(null))")
        page.run("for (let off; (off = document.querySelector('.chip button:not(.chip-not)')); ) off.click()")
        page.click("#separate")
        page.wait("document.querySelector('#work [role=progressbar]')?.getAttribute('aria-valuenow') > 5")
        album.take("4-working")
        page.wait("document.querySelectorAll('.track').length")
        page.run("new Promise((go) => setTimeout(go, 1500))")  # the waveforms of the rows
        page.run(
            "import('/static/js/app.js')"
            ".then(({player, actions}) => (actions.mark({start: 4.6, end: 7.4}), player.seek(6)))"
        )
        page.run("document.querySelectorAll('.track [aria-label^=Mute]')[0].click()")
        album.take("5-tracks")
        if docs:
            keep = Album(page, DOCS, sizes)
            page.dark(False)
            keep.one("tracks-light", 1440, 900, "webp")
            page.dark(True)
            keep.one("tracks-dark", 1440, 900, "webp")
        page.click("#take-menu summary")
        album.take("6-mix")
        page.run("document.querySelector('#take-menu').open = false; document.querySelector('#help').click()")
        album.take("7-keys")
        page.run("document.querySelector('#sheet').close()")
        page.click(".found-name", "Music")
        page.click("#mode button", "Take out")
        page.click("#separate")
        page.wait("document.querySelector('.is-changed')")
        page.run("new Promise((go) => setTimeout(go, 1500))")
        album.take("8-changed")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=Path("build/screenshots"))
    parser.add_argument("--docs", action="store_true", help="write docs/images/page/ too")
    parser.add_argument("--width", type=int, action="append", help="of the page, repeatable")
    parser.add_argument("--address", help="of a server that runs already")
    chosen = parser.parse_args()
    if find_chromium() is None:
        sys.exit(f"This {MISSING}.")
    sizes = {width: SIZES.get(width, 900) for width in chosen.width or SIZES}
    with chromium() as browser:
        if chosen.address:
            return walk(browser, chosen.address, chosen.out, sizes, chosen.docs)
        with server() as address:
            walk(browser, address, chosen.out, sizes, chosen.docs)


if __name__ == "__main__":
    main()
