"""How late a click comes out of the whole chain: a writer at the pace of a clock | unweave stream | a reader.

    python benchmarks/stream_click.py [--latencies 0.1 0.25 0.5 1]

Two programs and two pipes: FFmpeg reads a file at the pace of its clock (`-re`), as it reads from a camera, into a pipe
to this script; from there the samples go on, as they come, to `unweave stream`, so that it is known when each was
written. A click sounds every second. Its delay in samples of the stream is exact; that of the clock holds what pipes,
blocks and other programs add (the median, the least and the most of all clicks). Where the machine is too busy, FFmpeg
itself is late, which does not count: a click's clock begins when it is written.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import soundfile

RATE, SECONDS, FIRST = 48000, 12, 4  # Hz; s of the file; s of the first click
BLOCK = RATE // 100  # samples that are passed on at once, at most


def file_of(folder: Path) -> Path:
    """Soft noise, and a click of one sample in every second from the fourth on."""
    sound = np.random.default_rng(0).normal(0, 1e-4, SECONDS * RATE).astype(np.float32)
    sound[FIRST * RATE :: RATE] = 1.0
    path = folder / "clicks.wav"
    soundfile.write(path, sound, RATE, "FLOAT")
    return path


def click(latency: float, words: list[str] | None = None) -> dict[str, float]:
    """Samples and seconds from each click's writing to its reading; "samples" is -1 where they do not agree.

    Args:
        latency: that the command is asked for, in s.
        words: more that it is told.
    """
    told = f"stream --remove Speech --rate {RATE} --sample-format f32le --latency {latency} --quiet".split()
    written: list[float] = []
    read: list[tuple[int, float]] = []
    # Two processes for two ends of a pipe; the environment is that of this one.
    child = subprocess.Popen(
        [sys.executable, "-m", "unweave", *told, *(words or [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    assert child.stdin is not None and child.stdout is not None
    listener = threading.Thread(target=_listen, args=(child.stdout, read))
    listener.start()
    child.stdin.write(bytes(4 * RATE))  # a second of silence: the networks are there when it comes out
    while child.poll() is None and not read:
        time.sleep(0.02)
    read.clear()
    with tempfile.TemporaryDirectory() as folder:
        form = "-f f32le -flush_packets 1 -".split()
        source = subprocess.Popen(
            ["ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-i", file_of(Path(folder)), *form],
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert source.stdout is not None
        while data := source.stdout.read(4 * BLOCK):
            child.stdin.write(data)
            if np.frombuffer(data[: len(data) // 4 * 4], "<f4").max(initial=0) > 0.5:
                written.append(time.perf_counter())
        source.wait()
    child.stdin.close()
    listener.join()
    child.wait()
    places = RATE + RATE * np.arange(FIRST, SECONDS)
    late = np.array([place for place, _ in read]) - places if len(read) == len(places) == len(written) else [-1]
    exact = late[0] if len(set(late)) == 1 else -1
    clock = [there - here for (_, there), here in zip(read, written, strict=False)] or [float("nan")]
    return {
        "samples": int(exact),
        "seconds": float(np.median(clock)),
        "least": min(clock),
        "most": max(clock),
        "clicks": len(read),
    }


def _listen(pipe: object, read: list[tuple[int, float]]) -> None:
    """Where each click was, and when; the first piece of all is noted too."""
    at, held = 0, b""
    while data := pipe.read(1 << 16):  # type: ignore[attr-defined]
        now, held = time.perf_counter(), held + data
        whole = len(held) // 4 * 4
        samples, held = np.frombuffer(held[:whole], "<f4"), held[whole:]
        if not at:
            read.append((0, now))
        read += [(at + int(place), now) for place in np.flatnonzero(samples > 0.5)]
        at += len(samples)


def main() -> int:
    """Print a line for each latency; status 1 where a click is not where it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--latencies", type=float, nargs="+", default=[0.1, 0.25, 0.5, 1.0])
    parser.add_argument("words", nargs="*", help="more for unweave stream, after --")
    asked = parser.parse_args()
    right = True
    for latency in asked.latencies:
        found = click(latency, asked.words)
        right = right and found["samples"] == round(latency * RATE)
        print(
            f"{latency:g} s: {found['clicks']} clicks, {found['samples']} samples later; by the clock "
            f"{found['seconds']:.3f} s ({found['least']:.3f} to {found['most']:.3f})",
            flush=True,
        )
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
