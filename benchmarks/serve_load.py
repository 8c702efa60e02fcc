"""Many visitors of `unweave serve` at once: is none lost, is waiting fair, is memory flat, is nothing left?

    python benchmarks/serve_load.py [--users 50] [--jobs 50] [--seconds 10] [--rate 44100] [--model NAME|PATH]

A server is started as people start it. Every user has a cookie of their own, uploads a recording, asks for level 1,
follows the stream of the job, takes the zip, and leaves; with more jobs than users, each comes back as somebody new
until all are done. Waiting is what the server tells of it: from the end of the upload to the beginning of the work.
Memory is that of the server and its workers together, read after every job; what the last quarter needs at most is set
against the second quarter (the first one fills caches). Status 1 if something was lost, if the 90th percentile of
waiting is over twice the median (of the first job of each user, when all come at once), if memory grew by more than
5 %, or if a file or a process is left.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import httpx
import numpy as np
import soundfile
from machine import commit, load, machine

FAIR, ALLOWED = 2.0, 0.05
SCENE = Path(__file__).parents[1] / "examples/scene.flac"


def recording(seconds: float, rate: int) -> bytes:
    """The beginning of the demo scene, again and again if that is too short; another rate only changes its pitch."""
    scene, _ = soundfile.read(SCENE, dtype="float32")
    frames = round(seconds * rate)
    file = io.BytesIO()
    soundfile.write(file, np.tile(scene, (-(-frames // len(scene)), 1))[:frames], rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def family(number: int) -> list[int]:
    """A process and all below it."""
    found = [number]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    return found


def resident(number: int) -> int:
    """Bytes of memory that a process and all below it hold now."""
    total = 0
    for one in family(number):
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            continue
    return total


def still_there(processes: list[int]) -> list[int]:
    """Those that are there after some seconds; Python's own helper for shared things is the last to go."""
    for _ in range(50):
        left = [number for number in processes if Path(f"/proc/{number}").exists()]
        if not left:
            break
        time.sleep(0.2)
    return left


async def visit(address: str, sound: bytes) -> float:
    """Be a visitor from the beginning to the end; gives the s of waiting.

    Raises:
        AssertionError: what came is not what was asked for.
    """
    async with httpx.AsyncClient(base_url=address, timeout=None, trust_env=False) as user:
        (await user.get("/api/session")).raise_for_status()
        form = {"file": ("street.wav", sound, "audio/wav")}
        answer = await user.post("/api/separate", files=form, data={"options": '{"level": 1}'})
        assert answer.status_code == 201, answer.text
        job = answer.json()
        async with user.stream("GET", f"{job['url']}/stream") as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    job = json.loads(line.removeprefix("data: "))
        assert job["state"] == "done", job["error"]
        archive = zipfile.ZipFile(io.BytesIO((await user.get(job["zip"])).content))
        assert archive.testzip() is None and "street/tracks.json" in archive.namelist()
        assert len(archive.namelist()) >= len(job["tracks"])
        (await user.delete("/api/session")).raise_for_status()
        return float(job["waited"])


async def crowd(
    address: str, sound: bytes, users: int, jobs: int, server: int
) -> tuple[list[float], list[int], list[str]]:
    """All visitors; gives what each waited, the memory after each job, and what was lost."""
    waited: list[float] = []
    memory: list[int] = []
    lost: list[str] = []
    left = jobs

    async def come_again() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            try:
                waited.append(await visit(address, sound))
            except (AssertionError, httpx.HTTPError, OSError, zipfile.BadZipFile) as error:
                lost.append(f"{type(error).__name__}: {error}")
            memory.append(resident(server))
            print(
                f"{len(waited)} done, {len(lost)} lost, {memory[-1] / 2**20:.0f} MiB",
                end="\r",
                file=sys.stderr,
                flush=True,
            )

    await asyncio.gather(*(come_again() for _ in range(users)))
    print(file=sys.stderr)
    return waited, memory, lost


def main() -> int:
    """Serve, visit, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=44100)
    parser.add_argument("--model", default="small")
    given = parser.parse_args()
    sound = recording(given.seconds, given.rate)
    with tempfile.TemporaryDirectory() as rooms:
        command = [sys.executable, "-m", "unweave", "serve", "--port", "0", "--model", given.model]
        environment = {**os.environ, "TMPDIR": rooms}
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
            assert server.stderr is not None
            line = server.stderr.readline()
            if "http" not in line:
                sys.exit(line + server.stderr.read())
            address = f"http://127.0.0.1:{line.strip().rpartition(':')[2]}"
            processes, begin = family(server.pid), time.monotonic()
            waited, memory, lost = asyncio.run(crowd(address, sound, given.users, given.jobs, server.pid))
            took = time.monotonic() - begin
            time.sleep(6)  # the server looks for what is left every 5 s
            files = [str(path) for path in Path(rooms).rglob("*") if path.is_file() and path.name != "lock"]
            server.send_signal(signal.SIGTERM)
            status = server.wait()
        left = still_there(processes)
        files += [str(path) for path in Path(rooms).iterdir()]
    return judge(given, waited, memory, lost, files, left, status, took)


def judge(
    given: argparse.Namespace,
    waited: list[float],
    memory: list[int],
    lost: list[str],
    files: list[str],
    left: list[int],
    status: int,
    took: float,
) -> int:
    """Say what was found; 1 if it is not good."""
    print(f"{machine()}; {commit()}; load {load()} at the end")
    print(
        f"{given.users} users, {given.jobs} jobs of {given.seconds:g} s at {given.rate} Hz in {took:.0f} s: "
        f"{len(lost)} lost"
    )
    for sentence in lost[:5]:
        print(f"  {sentence[:300]}")
    fair = True
    if given.jobs == given.users and len(waited) > 1:
        middle, late = statistics.median(waited), float(np.percentile(waited, 90))
        fair = late <= FAIR * middle
        print(f"waiting: median {middle:.1f} s, 90th percentile {late:.1f} s, {late / middle:.2f} times the median")
    quarter = max(1, len(memory) // 4)
    before, after = max(memory[quarter : 2 * quarter] or memory), max(memory[-quarter:])
    grown = after / before - 1
    print(
        f"memory of all processes: at most {before / 2**20:.0f} MiB in the second quarter, {after / 2**20:.0f} MiB in "
        f"the last: {100 * grown:+.1f} %"
    )
    print(f"left: {len(files)} files, {len(left)} processes; the server ended with status {status}")
    return int(bool(lost or files or left or status or not fair or grown > ALLOWED))


if __name__ == "__main__":
    sys.exit(main())
