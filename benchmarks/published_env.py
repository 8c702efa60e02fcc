"""The published package, `uss` 0.0.4, in an environment of its own: it needs much that this project does not use."""

from __future__ import annotations

import csv
import importlib.resources
import os
import subprocess
import sys
import venv
from pathlib import Path

import torch
from processes import environment

from unweave.data.vocabulary import Vocabulary

PUBLISHED = "uss==0.0.4"
CLASSES = 527
METADATA_BYTES = 14675  # a list of classes of another size is fetched anew, from a host that is gone
DEFAULT = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "unweave/uss-0.0.4"


def install(folder: Path) -> Path:
    """Python of an environment that holds the published package; it is made if there is none.

    The package imports with a list of classes and without the network, once `variables` have told it where its home is.
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    installed = folder / "installed"
    if not installed.exists():
        print(f"Installing {PUBLISHED} into {folder} ...", file=sys.stderr, flush=True)
        if not python.exists():
            venv.create(folder, with_pip=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PUBLISHED, "matplotlib"]
        # The same torch on both sides, down to its build if pip can find that.
        wanted = [f"torch=={version}" for version in (torch.__version__, torch.__version__.partition("+")[0])]
        if not any(subprocess.run([*pip, version]).returncode == 0 for version in wanted):
            sys.exit(f"{PUBLISHED} cannot be installed; --without-published times ours alone.")
        installed.touch()
    places = [folder / "home/.cache/uss/metadata/class_labels_indices.csv", folder / "home/panns_data/x.csv"]
    places[1] = places[1].with_name(places[0].name)
    vocabulary = Vocabulary.audioset()
    for path in places:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["index", "mid", "display_name"])
            rows.writerows(zip(range(CLASSES), vocabulary.mids, vocabulary.names, strict=True))
    with places[0].open("a", encoding="utf-8") as file:
        file.write("\n" * (METADATA_BYTES - places[0].stat().st_size))
    ontology = importlib.resources.files("unweave.ontology") / "assets/ontology.json"
    places[0].with_name("ontology.json").write_bytes(ontology.read_bytes())
    return python


def variables(python: Path, threads: int) -> dict[str, str]:
    """The environment of a process of this Python."""
    own = {key: value for key, value in environment(threads).items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    return own | {"HOME": str(python.parents[1] / "home")}
