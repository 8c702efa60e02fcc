"""The Dockerfile without a daemon: python benchmarks/container.py (needs the index of packages, and a minute or two).

Takes its steps one after the other, each stage in an empty folder: what COPY takes must get through .dockerignore, RUN
is run by a shell with this Python in the place of the image's, and places that the file names lie below that folder. At
last the entry point separates a recording with the file's own ENV and nothing else, offline, as nobody special. What
this cannot show: that the base image is there, and useradd, which is left out. Prints what the image holds on top of
its base.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from processes import run

ROOT = Path(__file__).parents[1]
SCENE = ROOT / "examples" / "scene.flac"
NOBODY = 65534
PLACES = re.compile(r"(?<![\w/.:])/(?=build\b|opt\b|data\b)")  # that the file names, of its own image


def steps() -> list[tuple[str, str]]:
    """Words and the rest of each line."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def context(folder: Path) -> Path:
    """What a daemon would be sent: files that .dockerignore lets through."""
    rules = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    open_to = [rule[1:] for rule in rules if rule.startswith("!")]
    never = [rule.removeprefix("**/") for rule in rules if rule.startswith("**/")]
    for name in open_to:
        source, goal = ROOT / name, folder / name
        goal.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(
                source, goal, ignore=lambda _, names: {n for n in names for p in never if fnmatch.fnmatch(n, p)}
            )
        else:
            shutil.copy(source, goal)
    return folder


class Stage:
    """One image that is made: a folder in the place of its root."""

    def __init__(self, root: Path) -> None:
        self.root, self.place, self.variables, self.user, self.entry = root, root, dict[str, str](), "root", list[str]()
        root.mkdir(parents=True)
        # Its Python, which has pip and nothing else.
        subprocess.run([sys.executable, "-m", "venv", root / "python"], check=True)
        (root / "opt").mkdir()

    def there(self, text: str) -> str:
        """Text with the places of the image below its folder."""
        return PLACES.sub(f"{self.root}/", text)

    def environment(self) -> dict[str, str]:
        """ENV, and of this machine what leads to its index of packages alone."""
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "http"))}
        path = f"{self.root / 'python' / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        told = {name: value.replace("$PATH", path) for name, value in self.variables.items()}
        return {"PATH": path, "HOME": str(self.root), **kept, **told}


def build(folder: Path) -> Stage:
    """Take all steps; the last stage."""
    sent, stages = context(folder / "context"), dict[str, Stage]()
    stage: Stage | None = None
    for word, rest in steps():
        if word == "FROM":
            name = rest.partition(" AS ")[2] or "last"
            stage = stages[name] = Stage(folder / name)
            continue
        assert stage is not None
        if word == "WORKDIR":
            stage.place = Path(stage.there(rest))
            stage.place.mkdir(parents=True, exist_ok=True)
        elif word == "COPY" and rest.startswith("--from="):
            where, source, goal = rest.removeprefix("--from=").split()
            shutil.move(stages[where].there(source), stage.there(goal))
        elif word == "COPY":
            *sources, goal = rest.split()
            for source in sources:
                place = stage.place / (goal if goal != "./" else source)
                place.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if (sent / source).is_dir() else shutil.copy)(sent / source, place)
        elif word == "RUN":
            commands = [part for part in rest.split(" && ") if not part.strip().startswith(("useradd", "chown"))]
            line = stage.there(" && ".join(commands))
            print(f"RUN {line}", flush=True)
            subprocess.run(["/bin/sh", "-ec", line], cwd=stage.place, env=stage.environment(), check=True)
        elif word == "ENV":
            stage.variables |= dict(pair.split("=", 1) for pair in shlex.split(stage.there(rest)))
        elif word == "USER":
            stage.user = rest
        elif word == "ENTRYPOINT":
            stage.entry = json.loads(rest)
    assert stage is not None
    return stage


def nobody(python: Path) -> dict[str, Any]:
    """How to start a process as nobody special; empty if that one may not read where this Python lies."""
    who: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        subprocess.run([python, "-c", ""], check=True, cwd="/", **who)
    except (OSError, subprocess.CalledProcessError):
        return {}
    return who


def main() -> None:
    """Build, run, print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        stage = build(folder)
        if stage.user in ("root", "0") or not stage.entry:
            sys.exit("The image would run as root, or has nothing to run.")
        made = stage.root / "opt"
        size = sum(file.stat().st_size for file in made.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6
        # The programs of an environment name its first place; an image has it at the same one from the beginning.
        program = [stage.root / "opt/unweave/bin/python", made / "unweave/bin" / stage.entry[0]]
        shutil.copy(SCENE, stage.place / "street.flac")
        os.chdir(stage.place)
        who = nobody(program[0]) if os.getuid() == 0 else {}
        if who:
            os.chown(stage.place, NOBODY, NOBODY)
        variables = {name: value for name, value in stage.environment().items() if name in {"PATH", *stage.variables}}
        took = run([*program, "separate", "street.flac"], variables, **who)
        tracks = sorted(file.relative_to(stage.place) for file in stage.place.rglob("*.wav"))
        if not tracks or (who and any(file.stat().st_uid != NOBODY for file in tracks)):
            sys.exit(f"It left {tracks}.")
        print(
            f"/opt/unweave: {size:.0f} MB; {SCENE.name} as {'nobody' if who else 'this user'}, with its ENV alone:",
            end=" ",
        )
        print(f"{len(tracks)} tracks, {took['processor']:.1f} s of the processor, at most {took['peak_mb']:.0f} MB")


if __name__ == "__main__":
    main()
