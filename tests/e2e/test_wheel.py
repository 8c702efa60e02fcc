"""What is given away: wheel and source archive hold what they need and nothing else; the wheel alone works."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

ROOT = Path(__file__).parents[2]
# What lies elsewhere in the checkout and has its place in the package.
FORCED = {"recipes": "unweave/recipes", "examples/scene.flac": "unweave/app/assets/scene.flac"}
WHY = "wheels are built with hatchling: pip install '.[dev]'"
RUNS = """
import sys
sys.path.insert(0, sys.argv[1])  # before anything that is installed
import unweave
assert unweave.__file__.startswith(sys.argv[1]), unweave.__file__
siren, rest = unweave.load_model().separate(sys.argv[2], classes=["Siren"], start=15, end=16.5)
siren.save("siren.wav")
from unweave.cli.main import main
main(["--version"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    builders = pytest.importorskip("hatchling.builders.wheel", reason=WHY)
    (built,) = builders.WheelBuilder(str(ROOT)).build(
        directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"]
    )
    return Path(built)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        told = archive.read(next(name for name in names if name.endswith("METADATA"))).decode("utf-8")
    package = {name for name in names if name.startswith("unweave/")}
    about = {name.partition("/")[2] for name in names - package}
    assert about == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    source = ROOT / "src" / "unweave"
    here = {file for file in source.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    expected = {f"unweave/{file.relative_to(source).as_posix()}" for file in here}
    for kept, place in FORCED.items():
        files = (
            [ROOT / kept] if (ROOT / kept).is_file() else [file for file in (ROOT / kept).rglob("*") if file.is_file()]
        )
        expected |= {(Path(place) / file.relative_to(ROOT / kept)).as_posix() for file in files}
    assert package == expected
    assert {"unweave/py.typed", "unweave/pretrained/weights/small/model.safetensors"} <= package
    assert wheel.stat().st_size < 60e6  # PyPI takes 100 MB
    assert "License-Expression: MIT" in told and "Requires-Python: >=3.10" in told


def test_what_the_wheel_needs_is_what_is_imported(wheel: Path) -> None:
    """Everything that the package imports outside of functions of extras is among its requirements."""
    with zipfile.ZipFile(wheel) as archive:
        told = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode("utf-8")
    needed = {name.lower() for name in re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", told, re.M)}
    assert {"torch", "numpy", "soundfile", "soxr", "av", "safetensors", "typer"} <= needed
    assert not needed & {"torchaudio", "librosa", "numba", "gradio", "pesq", "pytest"}  # what breaks installations
    assert "git+" not in told and " @ " not in told


def test_the_wheel_alone_separates_a_recording(wheel: Path, tmp_path: Path) -> None:
    """Unzipped, away from the checkout, with none of what is installed under its name."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "alone")
    command = [sys.executable, "-I", "-W", "error", "-c", RUNS, str(tmp_path / "alone")]
    done = subprocess.run(
        [*command, str(ROOT / "examples" / "scene.flac")], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("unweave ")
    audio, rate = sf.read(tmp_path / "siren.wav")
    assert audio.shape == (1.5 * 44100, 2) and rate == 44100 and np.abs(audio).max() > 0.01  # it sounds there


def test_the_source_archive_holds_what_is_kept_and_nothing_else() -> None:
    builders = pytest.importorskip("hatchling.builders.sdist", reason=WHY)
    builder = builders.SdistBuilder(str(ROOT))
    inside = {Path(file.distribution_path).as_posix() for file in builder.recurse_included_files()}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0 or not listed.stdout:
        pytest.skip("what is kept is known in a checkout of git alone")
    kept = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    new = subprocess.run(["git", "ls-files", "-o", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    kept -= {"pyproject.toml", "LICENSE"}  # hatchling adds these by itself
    assert kept - inside <= {".gitattributes", ".gitignore"}
    assert inside - kept <= {*new.stdout.splitlines(), ".gitignore", "PKG-INFO"}
