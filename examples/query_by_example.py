"""Takes one sound out of a recording, and away from it, by an example of it.

python examples/query_by_example.py recording example [folder]
"""

from __future__ import annotations

import sys
from pathlib import Path

import unweave


def main(recording: str, example: str, folder: str = "separated/query") -> None:
    """Save what sounds like the example, and everything else as the residual."""
    model = unweave.load_model()
    Path(folder).mkdir(parents=True, exist_ok=True)
    for track in model.separate(recording, query=example):
        path = Path(folder, f"{track.name}.wav")
        track.save(path)
        print(path)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
