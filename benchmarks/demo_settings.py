"""What gate, sharing and band of a model do to the demo scene, of which every sound is known.

    python examples/make_scene.py --stems build/scene
    python benchmarks/demo_settings.py --stems build/scene

All its classes are asked for at once by name, with the model's settings as they are and with one of them off. Printed:
SDR of each track over all of the scene, and the residual over the recording, in dB; last the rest without the siren.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from known_scene import read_scene

import unweave
from unweave.evaluation.metrics.sdr import sdr

SETTINGS = {
    "as it is": {},
    "heard anywhere (class_share 0)": {"class_share": 0.0},
    "each by itself (exclusive off)": {"exclusive": False},
    "the model's band (full_band off)": {"full_band": False},
}


def main() -> None:
    """Separate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stems", type=Path, required=True)
    parser.add_argument("--model")
    parser.add_argument("--recording", type=Path, default=Path("examples/scene.flac"))
    asked = parser.parse_args()
    scene, model = read_scene(asked.recording, asked.stems), unweave.load_model(asked.model, backend="eager")
    own = model.settings
    print("| setting | " + " | ".join(scene.stems) + " | residual |\n|---|" + "--:|" * (len(scene.stems) + 1))
    for name, changes in SETTINGS.items():
        model.settings = dataclasses.replace(own, **changes)  # type: ignore[arg-type]
        *tracks, rest = model.separate(asked.recording, classes=list(scene.stems))
        figures = [sdr(scene.stems[track.name], track.audio) for track in tracks]
        figures.append(10 * float(np.log10(np.square(rest.audio).mean() / np.square(scene.mixture).mean())))
        print(f"| {name} | " + " | ".join(f"{one:.1f}" for one in figures) + " |", flush=True)
    model.settings = own
    rest_of_it = scene.mixture - scene.stems["Siren"]
    removed, on = model.remix(asked.recording, remove="Siren").audio, np.zeros(scene.mixture.shape[1], bool)
    for start, end in scene.spans["Siren"]:
        on[round(start * scene.rate) : round(end * scene.rate)] = True
    for where, part in (("all of it", slice(None)), ("while it sounds", on)):
        before, after = (sdr(rest_of_it[:, part], one[:, part]) for one in (scene.mixture, removed))
        print(f"the rest without the siren, {where}: {before:.1f} dB before, {after:.1f} dB after")


if __name__ == "__main__":
    main()
