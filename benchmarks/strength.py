"""How much of a separation is best (`--strength`), by how loud the sound is that is asked for by name.

    python benchmarks/strength.py DATA [--scenes 20] [--levels -10 0 10 20] [--half report]

The scenes are those of the benchmark `never-worse`: 8 s, a sound at a known level over another one and a bed. Printed
for each level and strength: SDRi in dB while the sound is audible, its mean and the share of tracks that are worse than
the recording by more than 1 dB. Strengths are blends of one separation, as `--strength` makes them.
"""

from __future__ import annotations

import numpy as np
from named_sounds import options, sounds

import unweave
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.never_worse import level_part
from unweave.evaluation.metrics.sdr import sdr

STRENGTHS = (1.0, 0.9, 0.75, 0.5, 0.25)


def main() -> None:
    """Separate, blend, print."""
    asked = options(__doc__, scenes=20)
    model = unweave.load_model(asked.model, backend="eager")
    gains: dict[str, list[list[float]]] = {level_part(level): [] for level in asked.levels}
    for sound in sounds(asked, model.sample_rate):
        if sound.target is None:
            continue
        try:
            (track,) = model.separate(sound.mixture, model.sample_rate, classes=sound.asked, residual=False)
        except UnweaveError:  # a class that the model has not learnt
            continue
        true, own, mixed = sound.audible(sound.target, track.audio, sound.mixture)
        gains[sound.part].append([sdr(true, s * own + (1 - s) * mixed) - sdr(true, mixed) for s in STRENGTHS])
        print(f"\r{sound.id}", end="", flush=True)
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
