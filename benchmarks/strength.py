"""How much of a separation is best (`--strength`), by how loud the sound is that is asked for by name.

    python benchmarks/strength.py DATA [--scenes 20] [--levels -10 0 10 20] [--half report]

The scenes are those of the benchmark `never-worse`: 8 s, a sound at a known level over another one and a bed. Printed
for each level and strength: SDRi in dB while the sound is audible, its mean and the share of tracks that are worse than
the recording by more than 1 dB. Strengths are blends of one separation, as `--strength` makes them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import unweave
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.never_worse import ABSENT, level_part, never_worse
from unweave.evaluation.metrics.sdr import sdr
from unweave.evaluation.scene_sound import scene_stems
from unweave.evaluation.tracks.activity import cut, sounding

STRENGTHS = (1.0, 0.9, 0.75, 0.5, 0.25)


def main() -> None:
    """Separate, blend, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--mends")
    parser.add_argument("--half", default="report")
    parser.add_argument("--scenes", type=int, default=20)
    parser.add_argument("--levels", type=float, nargs="*", default=[-10, 0, 10, 20])
    asked = parser.parse_args()
    model = unweave.load_model(asked.model, backend="eager")
    made = never_worse(asked.data, asked.scenes, asked.levels, asked.half, mends=asked.mends)
    gains: dict[str, list[list[float]]] = {level_part(level): [] for level in asked.levels}
    for scene in made.items:
        if scene.part == ABSENT:
            continue
        stems = scene_stems(scene, made.root, model.sample_rate)  # type: ignore[arg-type]
        target, mixture = stems["event 0"], np.sum(list(stems.values()), axis=0, dtype=np.float32)
        try:
            track = model.separate(mixture, model.sample_rate, classes=scene.asked, residual=False)[0].audio  # type: ignore[union-attr]
        except UnweaveError:  # a class that the model has not learnt
            continue
        on = sounding(target, model.sample_rate)
        true, own, mixed = (cut(wave, on, model.sample_rate) for wave in (target, track, mixture))
        gains[scene.part].append([sdr(true, s * own + (1 - s) * mixed) - sdr(true, mixed) for s in STRENGTHS])
        print(f"\r{scene.id}", end="", flush=True)
    print(f"\r{model.name}, {len(gains[level_part(asked.levels[0])])} scenes of half {asked.half}")
    print(
        "| over the rest | " + " | ".join(f"strength {s:g}" for s in STRENGTHS) + " |\n|---|" + "--:|" * len(STRENGTHS)
    )
    for part, rows in gains.items():
        table = np.array(rows)
        cells = [f"{one.mean():.1f} dB, {100 * (one < -1).mean():.0f} %" for one in table.T]
        print(f"| {part} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
