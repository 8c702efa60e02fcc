"""The campaign of `benchmarks/fuzz.py`: it finds every kind of fault, and a short run of it finds none here."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from unweave.errors import UnweaveError

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are limited on Linux only")


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("fuzz")


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


@pytest.mark.parametrize("what", FAULTS)
def test_a_trial_finds_every_kind_of_fault(fuzz: ModuleType, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    act, outcome, why = FAULTS[what]
    monkeypatch.setattr(fuzz, "PATIENCE", 100 if what == "loop" else 10)
    # What must not end early has time; a busy machine may be slow.
    found, said = fuzz.trial(act, megabytes=500, seconds={"hang": 0.1, "loop": 1}.get(what, 60))
    assert found == outcome and why in said, said


def test_what_fails_is_kept_and_can_be_seen_again(
    fuzz: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subjects = importlib.import_module("fuzz_subjects")

    def fragile(chance: object, folder: Path, model: object) -> Callable[[], object]:
        number = chance.randrange(10**6)  # type: ignore[attr-defined]
        (folder / "input.txt").write_text(str(number))
        return lambda: 1 / (number % 3)

    monkeypatch.setattr(subjects, "KINDS", {"fragile": fragile})
    words = ["fuzz.py", "--seed", "5", "--keep", str(tmp_path / "kept"), "--kinds", "fragile"]
    monkeypatch.setattr(sys, "argv", [*words, "--trials", "12"])
    assert fuzz.main() == 1
    kept = sorted((tmp_path / "kept").iterdir())
    assert kept and f"tried 12, failed {len(kept)}, seed 5" in capsys.readouterr().out
    assert all(int((one / "input.txt").read_text()) % 3 == 0 for one in kept)
    assert "ZeroDivisionError" in (kept[0] / "why.txt").read_text()
    monkeypatch.setattr(sys, "argv", [*words, "--only", kept[0].name.rsplit("-", 1)[1]])
    assert fuzz.main() == 1 and "tried 1, failed 1" in capsys.readouterr().out


def test_a_short_campaign_finds_nothing(tmp_path: Path) -> None:
    """A part of what `python benchmarks/fuzz.py --minutes 10` does."""
    words = ["benchmarks/fuzz.py", "--trials", "40", "--seed", "11", "--keep", str(tmp_path)]
    words += ["--kinds", "files", "models", "options", "arrays", "http"]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0 and "tried 40, failed 0, seed 11" in done.stdout, done.stdout + done.stderr[-2000:]
