"""Peak memory of separating a short and a long recording through the command line.

    python benchmarks/memory.py                      # 6 and 60 minutes with the model in the box
    python benchmarks/memory.py --minutes 1 10 --model PATH

Prints both peaks and their ratio; exits with 1 if the long one needs more than 15 % above the short one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
from processes import run

ALLOWED = 1.15


def write_recording(path: Path, minutes: float, rate: int, channels: int) -> None:
    """Noise under tones that come and go, so that something is always active."""
    rng = np.random.default_rng(0)
    with sf.SoundFile(path, "w", rate, channels, "PCM_16") as file:
        for second in range(round(minutes * 60)):
            time_axis = (second + np.arange(rate) / rate)[:, None]
            tone = 0.2 * np.sin(2 * np.pi * (300 + 100 * (second % 7)) * time_axis) * (second % 5 < 3)
            file.write(tone + 0.05 * rng.standard_normal((rate, channels)))


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs=2, default=(6, 60), help="of the two recordings")
    parser.add_argument("--model", help="another one than that in the box")
    parser.add_argument("--rate", type=int, default=44100, help="in Hz")
    parser.add_argument("--channels", type=int, default=2)
    parser.add_argument("asked", nargs="*", default=["--level=1"], help="what is asked for, after --")
    options = parser.parse_args()
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for minutes in options.minutes:
            recording = Path(folder) / f"{minutes:g}.wav"
            write_recording(recording, minutes, options.rate, options.channels)
            words = ["separate", str(recording), "-o", folder, "--quiet", *options.asked]
            words += ["--model", options.model] if options.model else []
            measured = run([sys.executable, "-m", "unweave", *words])
            peaks.append(measured["peak_mb"])
            print(f"{minutes:g} min: {peaks[-1]:.0f} MB peak, {measured['seconds']:.0f} s", flush=True)
    ratio = peaks[1] / peaks[0]
    print(f"ratio {ratio:.3f} (at most {ALLOWED})")
    return int(ratio > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
