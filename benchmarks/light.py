"""How fast the light way and the page in the browser are: python benchmarks/light.py MODEL (needs chromium, make try).

MODEL is a folder that `unweave models export small` wrote. Times are of the clock and of the processor, which a busy
machine changes less; a real-time factor below 1 is faster than the recording plays.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import soundfile

ROOT = Path(__file__).parents[1]
SCENE = ROOT / "examples" / "scene.flac"
FIRST = """
import sys, time, unweave_light
from unweave_light.cut import auto_group
from unweave_light.recordings import FileRecording
from unweave_light.separating import hear, separate_blocks
from pathlib import Path
recording = FileRecording(Path(sys.argv[2]))
light = unweave_light.load(*sys.argv[3:])
heard = hear(light.networks, light.nodes, recording)
told = time.time() - float(sys.argv[1]), time.process_time()
next(separate_blocks(light.networks, recording, heard, [auto_group(heard)]))
print(*told, time.time() - float(sys.argv[1]), time.process_time())
"""


def first_output(
    model: str | None, recording: Path, python: Path | str = sys.executable, variables: dict[str, str] | None = None
) -> list[float]:
    """Seconds from a process's start to its events and to the first samples of tracks, clock and processor each.

    Args:
        model: a folder, or None for the one inside the wheel.
        recording: a file.
        python: where `unweave_light` is installed; by default it is taken from this checkout.
        variables: of the environment.
    """
    if variables is None:
        path = os.pathsep.join([str(ROOT / "light" / "src"), os.environ.get("PYTHONPATH", "")])
        variables = {**os.environ, "PYTHONPATH": path}
    command = [python, "-c", FIRST, str(time.time()), str(recording), *([] if model is None else [model])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    return [float(word) for word in done.stdout.split()]


def group_seconds() -> float:
    """Processor seconds of all that runs below this process."""
    parents, spent = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(stat.parent.name)
        parents[number], spent[number] = int(fields[1]), sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def mine(number: int) -> bool:
        while number in parents:
            number = parents[number]
            if number == os.getpid():
                return True
        return False

    return sum(seconds for number, seconds in spent.items() if mine(number))


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript", ".wasm": "application/wasm"}

    def log_message(self, *_: object) -> None:
        """Nothing."""


def in_the_browser() -> tuple[float, float, float, float]:
    """Clock and processor seconds of the scene in the page: with the model to fetch and start, and once more."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from chromium import chromium

    found: list[float] = []
    serve = partial(Quiet, directory=str(ROOT / "docs" / "try"))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server, chromium() as browser, browser.page() as page:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.open(f"http://127.0.0.1:{server.server_port}/index.html")
        for _ in range(2):
            begun, spent = time.time(), group_seconds()
            page.choose("#file", SCENE)
            page.wait("document.body.classList.contains('busy')")
            page.wait("document.querySelector('.desk') || !document.getElementById('fault').hidden")
            found += [time.time() - begun, group_seconds() - spent]
        server.shutdown()
    return found[0], found[1], found[2], found[3]


def main() -> None:
    """Measure and print."""
    page = ROOT / "docs" / "try"
    if not (page / "vendor").is_dir() or not (page / "model").is_dir():
        sys.exit("The page has no networks yet, and figures of it would mean nothing: say make try first.")
    samples, rate = soundfile.read(SCENE)
    with tempfile.TemporaryDirectory() as folder:
        ten = Path(folder) / "ten.wav"
        soundfile.write(ten, samples[: 10 * rate], rate)
        events, events_cpu, first, first_cpu = first_output(sys.argv[1], ten)
    print(f"10 s of stereo, unweave-light, from the start: events {events:.2f} s ({events_cpu:.2f} of the processor),")
    print(f"first samples of its tracks {first:.2f} s ({first_cpu:.2f})")
    seconds = len(samples) / rate
    clock, spent, again, again_spent = in_the_browser()
    print(f"{seconds:.0f} s of stereo in headless Chromium, first time: {clock:.1f} s ({spent:.1f} of the processor);")
    print(f"again: {again:.1f} s ({again_spent:.1f}), real-time factor {again / seconds:.2f}", end=" ")
    print(f"({again_spent / seconds:.2f})")
    print(f"{os.cpu_count()} cores, load of the machine {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
