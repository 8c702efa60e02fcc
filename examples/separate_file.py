"""Takes a recording apart into a folder of tracks and says what is in it.

python examples/separate_file.py [recording] [folder]
"""

from __future__ import annotations

import sys
from pathlib import Path

import unweave


def main(recording: str, folder: str) -> None:
    """Separate by the two coarsest levels of the ontology and save what was found."""
    model = unweave.load_model()
    Path(folder).mkdir(parents=True, exist_ok=True)
    for level in (1, 2):
        for track in model.separate(recording, level=level):
            track.save(Path(folder, f"{level} {model.ontology.file_name(track.mid) if track.mid else track.name}.wav"))
            times = ", ".join(f"{event.start:.1f}-{event.end:.1f} s" for event in track.events)
            print(f"level {level}: {track.name} {times}")


if __name__ == "__main__":
    scene = str(Path(__file__).with_name("scene.flac"))
    main(*(sys.argv[1:] + [scene, "separated/example"][len(sys.argv) - 1 :]))
