"""A song through `unweave serve`, beside the command line: how long to its picture, and to all tracks of level 1.

    python benchmarks/serve_song.py [--seconds 180] [--model NAME|PATH]

Time by the clock and time of the processor, which a busy machine does not change, are told for each; the command line's
counts its start and the loading of the model, which a server has behind it. Status 1 if the picture takes 3 s of the
processor, or the tracks more than 1.3 times what the command line takes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from machine import commit, load, machine
from serve_load import family, recording

PICTURE_SECONDS, AT_MOST = 3.0, 1.3
TICKS = os.sysconf("SC_CLK_TCK")


def worked(number: int) -> float:
    """Time of the processor of a process and all below it, in s."""
    total = 0
    for one in family(number):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def until(server: httpx.Client, url: str, *states: str) -> dict[str, Any]:
    """Wait for a state."""
    while (answer := server.get(url).raise_for_status().json())["state"] not in states:
        time.sleep(0.02)
    assert answer["state"] != "failed", answer["error"]
    return dict(answer)


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--model", default="small")
    given = parser.parse_args()
    song = recording(given.seconds, 44100)
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "song.wav").write_bytes(song)
        command = [sys.executable, "-m", "unweave", "serve", "--port", "0", "--model", given.model]
        environment = {**os.environ, "TMPDIR": place}
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stderr is not None
            address = f"http://127.0.0.1:{process.stderr.readline().strip().rpartition(':')[2]}"
            with httpx.Client(base_url=address, timeout=None, trust_env=False) as server:
                begun, before = time.monotonic(), worked(process.pid)
                upload = server.post("/api/uploads?listen=false", files={"file": ("song.wav", song)}).json()
                until(server, upload["url"], "ready", "failed")
                picture = time.monotonic() - begun, worked(process.pid) - before
                begun, before = time.monotonic(), worked(process.pid)
                body = {"upload": upload["id"], "options": {"level": 1}}
                until(server, server.post("/api/jobs", json=body).json()["url"], "done", "failed")
                tracks = time.monotonic() - begun, worked(process.pid) - before
            process.terminate()
        begun, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        before = used.ru_utime + used.ru_stime
        command = [sys.executable, "-m", "unweave", "separate", "song.wav", "--level", "1", "--model", given.model]
        subprocess.run(command, check=True, cwd=place, stdout=subprocess.DEVNULL)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        shell = time.monotonic() - begun, used.ru_utime + used.ru_stime - before
    print(f"{machine()}; {commit()}; load {load()} at the end; {given.seconds:g} s of stereo at 44.1 kHz")
    for what, (clock, processor) in (("picture", picture), ("tracks", tracks), ("command line", shell)):
        print(f"{what}: {clock:.1f} s by the clock, {processor:.1f} s of the processor")
    print(f"tracks: {tracks[1] / shell[1]:.2f} times the command line's, by the processor")
    return int(picture[1] > PICTURE_SECONDS or tracks[1] > AT_MOST * shell[1])


if __name__ == "__main__":
    sys.exit(main())
