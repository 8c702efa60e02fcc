"""What gate, sharing and band of a model do to the demo scene, of which every sound is known.

    python examples/make_scene.py --stems build/scene
    python benchmarks/demo_settings.py --stems build/scene [--song STEMS]

All its classes are asked for at once by name, with the model's settings as they are and with one of them off. Printed:
SDR of each track over all of the scene, and the residual over the recording, in dB; the rest without the siren; and how
many tracks levels 1 to 3 have, with those that are too faint for a file and without. STEMS holds the stems of a song,
each called by what plays: all are asked for at once, and what is left is printed in dB of the song, with its highest
sample, each by itself and shared.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from known_scene import read_scene

import unweave
from unweave.audio.io import read_audio
from unweave.evaluation.metrics.sdr import sdr
from unweave.inference.track import RESIDUAL
from unweave.model import Model
from unweave.settings import ModelSettings

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
    parser.add_argument("--song", type=Path)
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
    rest_of_it = scene.mixture - scene.stems["Siren"]
    on = np.zeros(scene.mixture.shape[1], bool)
    for start, end in scene.spans["Siren"]:
        on[round(start * scene.rate) : round(end * scene.rate)] = True
    for share in (0.0, own.class_share):
        model.settings = dataclasses.replace(own, class_share=share)
        removed = model.remix(asked.recording, remove="Siren").audio
        for where, part in (("all of it", slice(None)), ("while it sounds", on)):
            before, after = (sdr(rest_of_it[:, part], one[:, part]) for one in (scene.mixture, removed))
            print(f"without the siren, class_share {share}, {where}: {before:.1f} dB before, {after:.1f} dB after")
    for faintest in (None, own.faintest_db):
        model.settings = dataclasses.replace(own, faintest_db=faintest)
        found = [track for track in model.separate(asked.recording, level=[1, 2, 3]) if track.name != RESIDUAL]
        print(f"levels 1 to 3 with faintest_db {faintest}: {len(found)} tracks")
    if asked.song is not None:
        song(model, own, asked.song)


def song(model: Model, own: ModelSettings, folder: Path) -> None:
    """What is left of a song of which all stems are asked for."""
    files = sorted(file for file in folder.iterdir() if file.is_file())
    rate = read_audio(files[0])[1]
    mixture = np.sum([read_audio(file)[0] for file in files], axis=0, dtype=np.float32)
    for exclusive in (False, True):
        model.settings = dataclasses.replace(own, exclusive=exclusive)
        *tracks, rest = model.separate(mixture, rate, classes=[file.stem for file in files])
        louder = 10 * float(np.log10(np.square(rest.audio).mean() / np.square(mixture).mean()))
        names = ", ".join(track.name for track in tracks)
        print(
            f"{folder.name} ({names}; highest sample {np.abs(mixture).max():.2f}), exclusive {exclusive}: residual "
            f"{louder:.1f} dB, highest sample {np.abs(rest.audio).max():.2f}"
        )


if __name__ == "__main__":
    main()
