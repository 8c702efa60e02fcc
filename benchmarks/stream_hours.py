"""A stream of hours, as fast as the machine can: does memory stay, and is every sample where it belongs?

    python benchmarks/stream_hours.py [--hours 2] [--sounding 60] [--latency 0.25] [--model NAME|PATH]

The 20 s of examples/scene.flac follow each other in blocks of all sizes (`--sounding` s of every minute; the rest is
silence, which costs nothing), and the model in the box takes the speech out of them, as the command has it. Once a
minute the sound stops for a tenth of a second around a click: each must come out `delay` samples after it went in, and
what is left untouched (nobody speaks) must be the input to the bit. Memory is read after every minute; status 1 if it
is more than 5 % higher at most in the last quarter than in the second one (in the first, caches fill), or if anything
is out of place.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from machine import commit, load, machine
from numpy.typing import NDArray

Samples = NDArray[np.float32]
SCENE = Path(__file__).parents[1] / "examples" / "scene.flac"
ALLOWED = 0.05
MINUTE, CLICK, QUIET = 60, 10.0, 0.05  # s: of a round, where its click is, and of silence on either side of that
LARGEST = 9000  # samples of a block


def resident() -> int:
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        held: bytes after every minute.
        wrong: clicks that came out elsewhere.
        same: samples that came out as they went in, of all.
        missing: samples that went in and did not come out.
    """

    held: list[int] = field(default_factory=list)
    wrong: int = 0
    same: float = 0.0
    missing: int = 0
    work: float = 0.0

    @property
    def grown(self) -> float:
        """The most memory of the last quarter over that of the second."""
        quarter = max(1, len(self.held) // 4)
        return max(self.held[-quarter:]) / max(self.held[quarter : 2 * quarter] or self.held) - 1


def minute_of(scene: Samples, rate: int, sounding: float = MINUTE) -> Samples:
    """The scene again and again for so many s of a minute, (1, n), with the click."""
    count = MINUTE * rate
    sound = np.tile(scene, -(-count // len(scene)))[:count].copy()
    sound[round(sounding * rate) :] = 0
    place, quiet = round(CLICK * rate), round(QUIET * rate)
    sound[place - quiet : place + quiet] = 0
    sound[place] = 1
    return sound[None]


def send(live: Any, sound: Samples, minutes: int) -> Iterator[Outcome]:
    """Send it so many times; what is known after each, and at the end of the stream."""
    rng, outcome = np.random.default_rng(0), Outcome()
    place, count, delay = round(CLICK * live.sample_rate), sound.shape[1], live.delay
    before, same, began = np.zeros((1, delay), np.float32), 0, time.process_time()
    came = 0
    for _ in range(minutes):
        given, at = [], 0
        while at < count:
            size = min(count - at, int(rng.integers(0, LARGEST + 1)))
            given.append(live.push(sound[:, at : at + size]))
            at += size
        out = np.concatenate(given, axis=1)
        outcome.wrong += int(np.abs(out[0]).argmax()) != place + delay
        same += int((out == np.concatenate([before, sound[:, : count - delay]], axis=1)).sum())
        before, came = sound[:, count - delay :], came + out.shape[1]
        outcome.held.append(resident())
        outcome.same, outcome.work = same / came, (time.process_time() - began) * live.sample_rate / came
        yield outcome
    outcome.missing = minutes * count + delay - came - live.flush().shape[1]
    yield outcome


def main() -> int:
    """Send, print, judge."""
    from unweave.cli.stream import load_for_stream

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--sounding", type=float, default=MINUTE)
    parser.add_argument("--latency", type=float, default=0.25)
    parser.add_argument("--model")
    asked = parser.parse_args()
    scene, rate = soundfile.read(SCENE, dtype="float32", always_2d=True)
    live = load_for_stream(asked.model, "cpu", "auto", "auto").live(rate, 1, remove="Speech", latency=asked.latency)
    live.rehearse()
    outcome = Outcome()
    for outcome in send(live, minute_of(scene.mean(1), rate, asked.sounding), max(1, round(60 * asked.hours))):
        print(
            f"{len(outcome.held)} min: {outcome.held[-1] / 2**20:.0f} MiB, {outcome.wrong} clicks out of place, "
            f"{100 * outcome.same:.1f} % untouched, {outcome.work:.2f} s of processor time a second",
            flush=True,
        )
    print(
        f"{len(outcome.held) / 60:g} h, commit {commit()}, {machine()}, load of the machine {load()}: memory "
        f"{100 * outcome.grown:+.1f} %, {outcome.wrong} clicks out of place, {outcome.missing} samples missing"
    )
    return int(outcome.grown > ALLOWED or outcome.wrong > 0 or outcome.missing != 0)


if __name__ == "__main__":
    sys.exit(main())
