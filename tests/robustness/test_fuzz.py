"""The campaign of `benchmarks/fuzz.py`: it finds every kind of fault, and a short run of it finds none here."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from unweave.errors import UnweaveError

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are limited on Linux only")


def refuse(sentence: str) -> None:
    raise UnweaveError(sentence)


def loop() -> None:
    while True:
        pass


FAULTS: dict[str, tuple[Callable[[], object], str, str]] = {
    "done": (lambda: None, "done", ""),
    "refused": (lambda: refuse("x.wav is empty."), "refused", "x.wav is empty."),
    "lines": (lambda: refuse("a\nb"), "failed", "no sentence"),
    "endless sentence": (lambda: refuse("a" * 10_000), "failed", "no sentence"),
    "raw error": (lambda: 1 / 0, "failed", "ZeroDivisionError"),
    "crash": (lambda: os.kill(os.getpid(), signal.SIGKILL), "failed", "SIGKILL"),
    "exit": (lambda: sys.exit(0), "failed", "SystemExit"),
    "hard exit": (lambda: os._exit(0), "failed", "without a word"),
    "hang": (lambda: time.sleep(1000), "failed", "waited for more than 1 s"),
    "loop": (loop, "failed", "worked for more than 1 s"),
    "appetite": (lambda: bytearray(2**31), "failed", "MemoryError"),
}


def fault_by_fault() -> None:
    """What `trial` finds of each: in a process of its own, since trials are forks and tests leave threads behind."""
    import fuzz

    found = {}
    for what, (act, _, _) in FAULTS.items():
        fuzz.PATIENCE = 100 if what == "loop" else 10
        # What must not end early has time; a busy machine may be slow.
        found[what] = fuzz.trial(act, megabytes=500, seconds={"hang": 0.1, "loop": 1}.get(what, 60))
    print(json.dumps(found))


def fragile(chance: random.Random, folder: Path, model: object) -> Callable[[], object]:
    number = chance.randrange(10**6)
    (folder / "input.txt").write_text(str(number))
    return lambda: 1 / (number % 3)


def fragile_campaign() -> None:
    import fuzz
    import fuzz_subjects

    fuzz_subjects.KINDS = {"fragile": fragile}
    sys.exit(fuzz.main())


def alone(*words: object) -> subprocess.CompletedProcess[str]:
    """This file as a script."""
    path = os.pathsep.join([str(ROOT / "benchmarks"), *filter(None, sys.path)])
    words = (sys.executable, __file__, *map(str, words))
    return subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    done = alone("faults")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", FAULTS)
def test_a_trial_finds_every_kind_of_fault(found: dict[str, list[str]], what: str) -> None:
    _, outcome, why = FAULTS[what]
    assert found[what][0] == outcome and why in found[what][1], found[what]


def test_what_fails_is_kept_and_can_be_seen_again(tmp_path: Path) -> None:
    words = ["campaign", "--seed", 5, "--keep", tmp_path / "kept", "--kinds", "fragile"]
    done = alone(*words, "--trials", 12)
    kept = sorted((tmp_path / "kept").iterdir())
    assert done.returncode == 1 and kept and f"tried 12, failed {len(kept)}, seed 5" in done.stdout, done.stderr
    assert all(int((one / "input.txt").read_text()) % 3 == 0 for one in kept)
    assert "ZeroDivisionError" in (kept[0] / "why.txt").read_text()
    again = alone(*words, "--only", kept[0].name.rsplit("-", 1)[1])
    assert again.returncode == 1 and "tried 1, failed 1" in again.stdout, again.stderr


def test_a_short_campaign_finds_nothing(tmp_path: Path) -> None:
    """A part of what `python benchmarks/fuzz.py --minutes 10` does."""
    words = ["benchmarks/fuzz.py", "--trials", "40", "--seed", "11", "--keep", str(tmp_path)]
    words += ["--kinds", "files", "models", "options", "arrays", "http"]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0 and "tried 40, failed 0, seed 11" in done.stdout, done.stdout + done.stderr[-2000:]


if __name__ == "__main__":
    fault_by_fault() if sys.argv.pop(1) == "faults" else fragile_campaign()
