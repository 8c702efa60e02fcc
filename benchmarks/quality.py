"""What `--quality high` gives, and what it takes: sounds asked for by name, fast and high.

    python benchmarks/quality.py DATA [--mends recipes/shared-data-mends.csv] [--scenes 40] [--half report]

The scenes are those of the benchmark `never-worse`: 8 s, a sound at a known level over another one and a bed. Printed
for each level: SDRi in dB while the sound is audible, fast and high, the mean of the difference with its 95 % bootstrap
interval, and the share of tracks that are worse than the recording by more than 0.05 dB; for a class that is not there,
how far the track lies below the recording; and the processor time of both.
"""

from __future__ import annotations

import time
from collections import defaultdict

import numpy as np
from machine import load, machine
from named_sounds import options, sounds

import unweave
from unweave.audio.energy import rms_db
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.never_worse import ABSENT
from unweave.evaluation.metrics.sdr import sdr
from unweave.inference.views import SPEEDS

WORSE = -0.05  # dB


def main() -> None:
    """Separate both ways, print."""
    asked = options(__doc__, scenes=40)
    model = unweave.load_model(asked.model, backend="eager")
    took = dict.fromkeys(SPEEDS, 0.0)
    found: dict[str, list[list[float]]] = defaultdict(list)
    for sound in sounds(asked, model.sample_rate):
        given, row = {"classes": sound.asked, "residual": False}, []
        try:
            for quality in SPEEDS:
                begin = time.process_time()
                (track,) = model.separate(sound.mixture, model.sample_rate, quality=quality, **given)  # type: ignore[arg-type]
                took[quality] += time.process_time() - begin
                if sound.target is None:
                    row.append(float(np.maximum(rms_db(track.audio) - rms_db(sound.mixture), -80).mean()))
                    continue
                true, own, mixed = sound.audible(sound.target, track.audio, sound.mixture)
                row.append(sdr(true, own) - sdr(true, mixed))
        except UnweaveError:  # a class that the model has not learnt
            continue
        found[sound.part].append(row)
        print(f"\r{sound.id}", end="", flush=True)
    print(f"\r{model.name}, {machine()}, load {load()}; high takes {took['high'] / took['fast']:.2f} times as long")
    print("| over all else | items | fast | high | more | worse, fast | worse, high |\n|---|" + "--:|" * 6)
    rng = np.random.default_rng(0)
    for part, rows in found.items():
        fast, high = np.array(rows).T
        more = high - fast
        drawn = [rng.choice(more, len(more)).mean() for _ in range(1000)]
        low, up = np.quantile(drawn, [0.025, 0.975])
        shares = [f"{100 * (one < WORSE).mean():.0f} %" if part != ABSENT else "-" for one in (fast, high)]
        means = f"{fast.mean():.2f} | {high.mean():.2f} | {more.mean():+.2f} [{low:.2f}, {up:.2f}]"
        print(f"| {part} | {len(more)} | {means} | {shares[0]} | {shares[1]} |")


if __name__ == "__main__":
    main()
