"""What `--quality high` gives, and what it takes: sounds asked for by name, fast and high.

    python benchmarks/quality.py DATA [--mends recipes/shared-data-mends.csv] [--scenes 40] [--half report]

The scenes are those of the benchmark `never-worse`: 8 s, a sound at a known level over another one and a bed. Printed
for each level: SDRi in dB while the sound is audible, fast and high, the mean of the difference with its 95 % bootstrap
interval, and the share of tracks that are worse than the recording by more than 0.05 dB; for a class that is not there,
how far the track lies below the recording; and the processor time of both.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from machine import load, machine

import unweave
from unweave.audio.energy import rms_db
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.never_worse import ABSENT, never_worse
from unweave.evaluation.metrics.sdr import sdr
from unweave.evaluation.scene_sound import scene_stems
from unweave.evaluation.tracks.activity import cut, sounding
from unweave.inference.views import SPEEDS

WORSE = -0.05  # dB


def main() -> None:
    """Separate both ways, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--mends")
    parser.add_argument("--half", default="report")
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--levels", type=float, nargs="*", default=[-10, 0, 10, 20])
    asked = parser.parse_args()
    model = unweave.load_model(asked.model, backend="eager")
    rate, took = model.sample_rate, dict.fromkeys(SPEEDS, 0.0)
    found: dict[str, list[list[float]]] = defaultdict(list)
    for scene in never_worse(asked.data, asked.scenes, asked.levels, asked.half, mends=asked.mends).items:
        stems = scene_stems(scene, asked.data, rate)  # type: ignore[arg-type]
        mixture = np.sum(list(stems.values()), axis=0, dtype=np.float32)
        row = []
        try:
            for quality in SPEEDS:
                begin = time.process_time()
                track = model.separate(mixture, rate, classes=scene.asked, residual=False, quality=quality)[0].audio  # type: ignore[arg-type, union-attr]
                took[quality] += time.process_time() - begin
                if scene.part == ABSENT:
                    row.append(float(np.maximum(rms_db(track) - rms_db(mixture), -80).mean()))
                    continue
                on = sounding(stems["event 0"], rate)
                true, own, mixed = (cut(wave, on, rate) for wave in (stems["event 0"], track, mixture))
                row.append(sdr(true, own) - sdr(true, mixed))
        except UnweaveError:  # a class that the model has not learnt
            continue
        found[scene.part].append(row)
        print(f"\r{scene.id}", end="", flush=True)
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
