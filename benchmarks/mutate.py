"""Which plausible faults the tests would notice: each of mutations.yaml is made in a copy of the package and tested.

    python benchmarks/mutate.py                       # all of them, some minutes
    python benchmarks/mutate.py --only "mixture" -j 2 # those that say so

A mutation is *caught* if one of its tests fails, and has *survived* if they all pass: then a test is missing, or the
mutation changes nothing that anybody would mind. One whose text is no longer in the source is *gone* and wants another
text; of one whose tests take too long it is *unknown*. All tests must pass without a fault first, or a fault would
be caught by what fails anyway. Exit status 1 unless all are caught. The source itself is never touched.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_name("mutations.yaml")
FAILED = re.compile(r"^(?:FAILED|ERROR) (?:\S*/)?(tests/\S+?)(?:\s|$)", re.M)
LONGEST = 600  # s of the tests of one mutation


@dataclass(frozen=True)
class Mutation:
    """A fault.

    Attributes:
        what: it does, in words.
        file: below src/unweave.
        old: what stands there, once.
        new: what stands there instead.
        tests: files or folders below tests/ of which one must fail.
    """

    what: str
    file: str
    old: str
    new: str
    tests: list[str]


@dataclass(frozen=True)
class Outcome:
    """What came of a mutation: "caught", "survived", "gone" or "unknown", by which test or why, and the time in s."""

    mutation: Mutation
    result: str
    by: str
    seconds: float


def mutated(text: str, mutation: Mutation) -> str | None:
    """The text with the fault; None unless it has exactly one place for it."""
    return text.replace(mutation.old, mutation.new) if text.count(mutation.old) == 1 else None


def attempt(mutation: Mutation, root: Path = ROOT, command: Sequence[str] = (), longest: int = LONGEST) -> Outcome:
    """Make the fault in a copy of the package and run its tests.

    Args:
        mutation: the fault.
        root: holds `src/unweave`, `recipes` and `tests`.
        command: what runs the tests, pytest unless given; their paths follow.
        longest: s that the tests may take.
    """
    begin = time.monotonic()
    text = mutated((root / "src" / "unweave" / mutation.file).read_text(encoding="utf-8"), mutation)
    if text is None:
        return Outcome(mutation, "gone", "", 0.0)
    with tempfile.TemporaryDirectory(prefix="unweave-mutation-") as folder:
        copy = Path(folder)
        shutil.copytree(root / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("recipes", "tests", "benchmarks", "examples", "docs"):
            if (root / name).is_dir():
                (copy / name).symlink_to(root / name)
        for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
            if (root / name).is_file():
                shutil.copy(root / name, copy)
        (copy / "src" / "unweave" / mutation.file).write_text(text, encoding="utf-8")
        run = [*(command or (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"))]
        paths = [f"tests/{test}" for test in mutation.tests]
        variables = os.environ | {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                [*run, *paths], cwd=copy, env=variables, capture_output=True, text=True, timeout=longest
            )
        except subprocess.TimeoutExpired:
            return Outcome(mutation, "unknown", f"its tests took more than {longest} s", time.monotonic() - begin)
    if done.returncode == 0:
        return Outcome(mutation, "survived", "", time.monotonic() - begin)
    if done.returncode != 1:  # no test was found, or pytest could not begin
        return Outcome(mutation, "gone", (done.stdout + done.stderr).strip()[-200:], time.monotonic() - begin)
    found = FAILED.search(done.stdout)
    return Outcome(mutation, "caught", found[1].split(" ")[0] if found else "a test", time.monotonic() - begin)


def read(path: Path = LIST) -> list[Mutation]:
    """The mutations of a file."""
    return [Mutation(**one) for one in yaml.safe_load(path.read_text(encoding="utf-8"))]


def sound(mutations: Sequence[Mutation]) -> Outcome:
    """The same without a fault: "survived" if all of their tests pass."""
    first = mutations[0]
    text = (ROOT / "src" / "unweave" / first.file).read_text(encoding="utf-8")
    tests = sorted({test for one in mutations for test in one.tests})
    return attempt(Mutation("nothing", first.file, text, text, tests), longest=10 * LONGEST)


def main(words: Sequence[str] | None = None) -> int:
    """Try them and say what came of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", default="", help="regular expression on what a mutation does or its file")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="at the same time")
    asked = parser.parse_args(words)
    chosen = [one for one in read() if re.search(asked.only, f"{one.what} {one.file}")]
    if not chosen:
        print(f"There is no mutation that says {asked.only!r}.", file=sys.stderr)
        return 2
    before = sound(chosen)
    if before.result != "survived":
        print(f"Tests fail without any fault ({before.by or before.result}); mend them first.", file=sys.stderr)
        return 2
    left: list[Outcome] = []
    with ThreadPoolExecutor(asked.jobs) as pool:
        for outcome in pool.map(attempt, chosen):
            print(f"{outcome.result:9} {outcome.mutation.what} ({outcome.mutation.file}) {outcome.by}", flush=True)
            left += [outcome] if outcome.result != "caught" else []
    print(f"{len(chosen) - len(left)} of {len(chosen)} caught")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
