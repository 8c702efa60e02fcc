"""Chromium for tests of the page, driven by its DevTools protocol over two pipes: no package and no port are needed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

MISSING = "needs Chromium: apt-get install chromium, or set UNWEAVE_CHROMIUM to a Chrome or Chromium"
PATIENCE = 600.0  # s until what is waited for is given up; long, since machines may be busy
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # tests run as root in containers; it opens our own page alone
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-startup-window",
    "--no-zygote",
    "--in-process-gpu",
    "--disable-crash-reporter",
    "--disable-breakpad",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-component-extensions-with-background-pages",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)


def find_chromium() -> str | None:
    """Its path, or None."""
    named = os.environ.get("UNWEAVE_CHROMIUM")
    return named or next((found for name in _NAMES if (found := shutil.which(name))), None)


class Broken(AssertionError):
    """The browser, or a script in it, said that something is wrong."""


class Browser:
    """Commands go in as JSON ended by a zero byte, answers and events come back likewise."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._count, self._buffer = 0, b""
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._next()
            if answer.get("id") != self._count:
                self.events.append(answer)
            elif "error" in answer:
                raise Broken(f"{method}: {answer['error']['message']}")
            else:
                return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            more = os.read(self._read, 1 << 20)
            if not more:
                raise Broken("Chromium has ended.")
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\0", 1)
        return dict(json.loads(line))

    @contextmanager
    def page(self, downloads: Path | None = None) -> Iterator[Page]:
        """A page with cookies and storage of its own, as another visitor would have."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, context)
        if downloads:
            page.download_to(downloads)
        for domain in ("Page", "Runtime", "DOM", "Log"):
            page.call(f"{domain}.enable")
        page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        try:
            yield page
        finally:
            self.call("Target.disposeBrowserContext", browserContextId=context)


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str, context: str) -> None:
        self._browser, self._session, self._context = browser, session, context

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **params)

    def download_to(self, folder: Path) -> None:
        """Where files go that are taken away."""
        where = {"browserContextId": self._context, "downloadPath": str(folder)}
        self._browser.call("Browser.setDownloadBehavior", behavior="allow", **where)

    def forget(self, address: str) -> None:
        """Become somebody new to a server: no cookies, nothing stored, no page. Quicker than another context."""
        self.open("about:blank")
        self._browser.call("Storage.clearCookies", browserContextId=self._context)
        self.call("Storage.clearDataForOrigin", origin=address, storageTypes="all")
        self.complaints()

    def run(self, script: str) -> Any:
        """The value of an expression, which may be a promise."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Broken(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait(self, script: str, what: str = "") -> None:
        """Until an expression is true, in the sense of JavaScript."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.run(f"(async () => Boolean(await ({script})))()"):
                return
            time.sleep(0.05)
        raise Broken(f"This never came true: {what or script}; the page says: {self.run('document.body.innerText')}")

    def open(self, address: str, ready: str = "true") -> None:
        """Go to an address, and wait until it is loaded and `ready`."""
        self.call("Page.navigate", url=address)
        there = f"location.href.startsWith({json.dumps(address)})"
        self.wait(f"{there} && document.readyState === 'complete' && ({ready})")

    def click(self, selector: str, text: str | None = None) -> None:
        """Click on the first visible element that fits, with the mouse, in the middle; again if it moved meanwhile."""
        found = f"[...document.querySelectorAll({json.dumps(selector)})].find((e) => e.checkVisibility()"
        found += f" && e.textContent.includes({json.dumps(text)}))" if text else ")"
        met = "(down) => window.met = down.composedPath().includes(e)"
        met = f"addEventListener('pointerdown', {met}, {{once: true, capture: true}})"
        while True:
            self.wait(
                f"(() => {{ const e = {found}; return e && !e.disabled }})()", f"{selector} {text or ''} can be clicked"
            )
            place = self.run(
                f"(() => {{ const e = {found}; e.scrollIntoView({{block: 'center', behavior: 'instant'}}); {met};"
                " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] })()"
            )
            self.mouse("mousePressed", *place)
            self.mouse("mouseReleased", *place)
            if self.run("window.met"):
                return

    def mouse(self, kind: str, x: float, y: float) -> None:
        buttons = 0 if kind == "mouseReleased" else 1
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=buttons, clickCount=1)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.mouse("mousePressed", *start)
        for step in range(1, 6):
            self.mouse("mouseMoved", *(a + (b - a) * step / 5 for a, b in zip(start, end, strict=True)))
        self.mouse("mouseReleased", *end)
        self.run("new Promise((go) => setTimeout(go, 50))")  # who drags often ignores the next click for a moment

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def key(self, key: str, code: str | None = None, modifiers: int = 0) -> None:
        kind = "Key" if key.isalpha() else "Digit" if key.isdigit() else ""
        code = code or (f"{kind}{key.upper()}" if len(key) == 1 else key)
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        named = {"key": key, "code": code, "modifiers": modifiers}
        numbers = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "ArrowRight": 39, "ArrowLeft": 37}
        numbers |= {"Tab": 9, " ": 32}
        if key in numbers:
            named["windowsVirtualKeyCode"] = numbers[key]
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **named)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def choose(self, selector: str, file: Path) -> None:
        """Put a file into an input, as the chooser would."""
        found = self.call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
        self.call("DOM.setFileInputFiles", files=[str(file)], objectId=found["result"]["objectId"])

    def size(self, width: int, height: int, scale: float = 1, mobile: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile
        )

    def dark(self, on: bool) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.call("Emulation.setEmulatedMedia", features=[scheme, calm])

    def picture(self, path: Path, whole: bool = False, kind: str = "png", quality: int | None = None) -> None:
        params: dict[str, Any] = {"format": kind, "captureBeyondViewport": whole}
        if quality:
            params["quality"] = quality
        if whole:
            box = self.call("Page.getLayoutMetrics")["cssContentSize"]
            params["clip"] = {"x": 0, "y": 0, "width": box["width"], "height": box["height"], "scale": 1}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **params)["data"]))

    def complaints(self) -> list[str]:
        """What the page wrote into the console as errors since it was asked last, violations of the policy too."""
        self.run("1")
        mine = [event for event in self._browser.events if event.get("sessionId") == self._session]
        self._browser.events[:] = [event for event in self._browser.events if event not in mine]
        found = []
        for event in mine:
            if event["method"] == "Runtime.exceptionThrown":
                details = event["params"]["exceptionDetails"]
                found.append(str(details.get("exception", {}).get("description", details["text"])))
            elif event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                entry = event["params"]["entry"]
                found.append(f"{entry['text']} ({entry.get('url', '')})")
        return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a profile of its own, ended afterwards."""
    path = find_chromium()
    assert path, MISSING
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        # It reads commands from descriptor 3 and writes to 4; copies far above cannot be in each other's way.
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs_in, 103),
            (os.POSIX_SPAWN_DUP2, theirs_out, 104),
            (os.POSIX_SPAWN_DUP2, 103, 3),
            (os.POSIX_SPAWN_DUP2, 104, 4),
            (os.POSIX_SPAWN_CLOSE, 103),
            (os.POSIX_SPAWN_CLOSE, 104),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        command = [path, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
        process = os.posix_spawn(path, command, {**os.environ, "HOME": profile}, file_actions=actions, setpgroup=0)
        os.close(theirs_in)
        os.close(theirs_out)
        browser = Browser(ours_out, ours_in)
        try:
            yield browser
        finally:
            os.close(ours_out)
            os.close(ours_in)
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
