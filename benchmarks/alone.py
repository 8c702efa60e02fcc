"""What a stranger gets: a wheel alone in an empty environment: python benchmarks/alone.py light (or whole).

Builds the wheel (`light` with the exported model inside, as `make light` does), fetches it and all that it needs,
installs that into an empty environment, and separates examples/scene.flac there, away from the checkout. Prints what
there is to fetch, what lies on disk, how long the first output takes, and how far the tracks are from those of this
checkout. Ends with an error if one is further than 0.0001 of full scale. PyTorch's build for CPUs has an index of its
own: say PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu for `whole`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from processes import run

from light import first_output

ROOT = Path(__file__).parents[1]
SCENE = ROOT / "examples" / "scene.flac"
NEAR = 1e-4  # of full scale
TRIES = 3
SOURCES = {"light": ROOT / "light", "whole": ROOT}
PROGRAMS = {"light": "unweave-light", "whole": "unweave"}


def build(what: str, folder: Path) -> Path:
    """The wheel."""
    if what == "light":
        model = ROOT / "light" / "src" / "unweave_light" / "model"
        ours("models", "export", "small", "-o", model, "--overwrite", "--quiet")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, SOURCES[what]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.whl"))


def install(wheel: Path, folder: Path) -> Path:
    """An empty environment with it and what it needs, all of which is left beside it in `fetched`; its programs."""
    fetched, made = folder / "fetched", folder / "alone"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "download", "--quiet", "--dest", fetched, wheel], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
    programs = made / ("Scripts" if os.name == "nt" else "bin")
    there = ["--python", programs / "python", "install", "--quiet", "--no-index", "--find-links", fetched, wheel]
    subprocess.run([*pip, *there], check=True)
    return programs


def ours(*words: object) -> None:
    """`unweave` of this checkout."""
    subprocess.run([sys.executable, "-m", "unweave", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def size(folder: Path) -> float:
    """MB of all files below."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6


def furthest(theirs: Path, mine: Path) -> tuple[int, float]:
    """Number of tracks, and the largest difference of a sample.

    Raises:
        SystemExit: they have other names.
    """
    names = [sorted(file.relative_to(place).as_posix() for file in place.rglob("*.wav")) for place in (theirs, mine)]
    if names[0] != names[1]:
        sys.exit(f"Other tracks: {names[0]} instead of {names[1]}.")
    pairs = [[soundfile.read(place / name)[0] for place in (theirs, mine)] for name in names[0]]
    return len(pairs), max(float(np.abs(one - other).max()) for one, other in pairs)


def main() -> None:
    """Do it and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=sorted(SOURCES))
    what = parser.parse_args().what
    # Nothing of this checkout is found from there, and nothing of what is installed is.
    apart = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        wheel = build(what, folder)
        programs = install(wheel, folder)
        fetched, disk = size(folder / "fetched"), size(folder / "alone")
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.0f} MB; with what it needs {fetched:.0f} MB to fetch,")
        print(f"{disk:.0f} MB on disk, {len(list((folder / 'fetched').iterdir()))} packages")
        os.chdir(folder)
        program = programs / PROGRAMS[what]
        took = run([program, "separate", SCENE, "-o", folder / "theirs"], apart)
        ours("separate", SCENE, "-o", folder / "mine", "--quiet", "--no-overview")
        tracks, far = furthest(folder / "theirs", folder / "mine")
        print(f"{SCENE.name}: {tracks} tracks, at most {far:.6f} of full scale from those of this checkout;", end=" ")
        print(f"{took['seconds']:.1f} s ({took['processor']:.1f} of the processor), at most {took['peak_mb']:.0f} MB")
        if what == "light":
            samples, rate = soundfile.read(SCENE)
            soundfile.write(folder / "ten.wav", samples[: 10 * rate], rate)
            goes = [first_output(None, folder / "ten.wav", programs / "python", apart) for _ in range(TRIES)]
            events, events_cpu, first, first_cpu = (min(each) for each in zip(*goes, strict=True))
            print(
                f"10 s of stereo, from the start, best of {TRIES}: events {events:.2f} s ({events_cpu:.2f} of the",
                end="",
            )
            print(f" processor), first samples of tracks {first:.2f} s ({first_cpu:.2f});", end=" ")
        print(f"{os.cpu_count()} cores, load of the machine {os.getloadavg()[0]:.1f}")
        if far > NEAR:
            sys.exit(f"That is more than {NEAR}.")


if __name__ == "__main__":
    main()
