"""Many recordings one after the other in one process: whether memory stays flat.

    python benchmarks/soak.py [--files 2000] [--seconds 4] [--model NAME|PATH]

Recordings of several rates, channel counts and formats are separated and removed again. Memory is read after each; what
the last quarter needs at most is set against the second quarter (the first one fills caches). Status 1 if it is more
than 5 % higher.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

import unweave

KINDS = ((44100, 2, "wav"), (48000, 1, "flac"), (16000, 1, "wav"), (44100, 2, "ogg"), (32000, 6, "wav"))
ALLOWED = 0.05


def resident() -> int:
    """Bytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def recording(folder: Path, number: int, seconds: float) -> Path:
    """A sound that is a little different each time."""
    rate, channels, ending = KINDS[number % len(KINDS)]
    generator = np.random.default_rng(number)
    samples = round(rate * seconds * generator.uniform(0.5, 1.5))
    path = folder / f"{number}.{ending}"
    soundfile.write(path, generator.normal(0, 0.1, (samples, channels)).astype(np.float32), rate)
    return path


def main() -> int:
    """Separate, measure, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--model")
    given = parser.parse_args()
    model, held, begin = unweave.load_model(given.model), [], time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        for number in range(given.files):
            path = recording(Path(place), number, given.seconds)
            report = model.separate_file(path, Path(place) / "out")
            shutil.rmtree(report.folder)
            path.unlink()
            held.append(resident())
            if len(held) % 100 == 0:
                print(f"{len(held)} files: {held[-1] / 2**20:.0f} MiB", file=sys.stderr, flush=True)
    quarter = max(1, given.files // 4)
    before, after = max(held[quarter : 2 * quarter] or held), max(held[-quarter:])
    grown = after / before - 1
    print(
        f"{given.files} files in {time.monotonic() - begin:.0f} s; at most {before / 2**20:.0f} MiB in the second "
        f"quarter, {after / 2**20:.0f} MiB in the last: {100 * grown:+.1f} %"
    )
    return int(grown > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
