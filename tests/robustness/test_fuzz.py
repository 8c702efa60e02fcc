"""The campaign of `benchmarks/fuzz.py`: it finds every kind of fault, and a short run of it finds none here."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

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


def fragile(chance: random.Random, folder: Path, model: object) -> Callable[[], object]:
    number = chance.randrange(10**6)
    (folder / "input.txt").write_text(str(number))
    return lambda: 1 / (number % 3)


def told(fuzz: ModuleType, *words: object) -> tuple[int, str]:
    """Status and words of a campaign."""
    said = io.StringIO()
    sys.argv[1:] = map(str, words)
    with contextlib.redirect_stdout(said):
        return fuzz.main(), said.getvalue()


def all_trials(kept: Path) -> None:
    """Everything of these tests, in a process of its own: trials are forks, and tests leave threads behind."""
    import fuzz
    import fuzz_subjects

    found: dict[str, Any] = {}
    patience = fuzz.PATIENCE
    for what, (act, _, _) in FAULTS.items():
        fuzz.PATIENCE = 100 if what == "loop" else 10
        # What must not end early has time; a busy machine may be slow.
        found[what] = fuzz.trial(act, megabytes=500, seconds={"hang": 0.1, "loop": 1}.get(what, 60))
    fuzz.PATIENCE = patience
    # A part of what `python benchmarks/fuzz.py --minutes 10` does.
    words = ["--trials", 40, "--seed", 11, "--kinds", "files", "models", "options", "arrays", "http"]
    found["a short campaign"] = told(fuzz, *words, "--keep", kept / "short")
    fuzz_subjects.KINDS = {"fragile": fragile}
    words = ["--seed", 5, "--keep", kept / "fragile", "--kinds", "fragile"]
    found["fragile"] = told(fuzz, *words, "--trials", 12)
    one = min((kept / "fragile").iterdir()).name.rsplit("-", 1)[1]
    found["once more"] = told(fuzz, *words, "--only", one)
    print(json.dumps(found))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def found(kept: Path) -> dict[str, Any]:
    path = os.pathsep.join([str(ROOT / "benchmarks"), *filter(None, sys.path)])
    words = [sys.executable, __file__, str(kept)]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", FAULTS)
def test_a_trial_finds_every_kind_of_fault(found: dict[str, Any], what: str) -> None:
    _, outcome, why = FAULTS[what]
    assert found[what][0] == outcome and why in found[what][1], found[what]


def test_what_fails_is_kept_and_can_be_seen_again(found: dict[str, Any], kept: Path) -> None:
    folders = sorted((kept / "fragile").iterdir())
    status, said = found["fragile"]
    assert status == 1 and folders and f"tried 12, failed {len(folders)}, seed 5" in said
    assert all(int((one / "input.txt").read_text()) % 3 == 0 for one in folders)
    assert "ZeroDivisionError" in (folders[0] / "why.txt").read_text()
    status, said = found["once more"]
    assert status == 1 and "tried 1, failed 1" in said


def test_a_short_campaign_finds_nothing(found: dict[str, Any]) -> None:
    status, said = found["a short campaign"]
    assert status == 0 and "tried 40, failed 0, seed 11" in said, said


def test_what_is_sent_to_a_server_need_not_be_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import fuzz_http

    assert fuzz_http._known({"content": b'{"id": "ID", "\x88": 1}'}, {"ID": "x"}) == {
        "content": b'{"id": "x", "\x88": 1}'
    }


if __name__ == "__main__":
    all_trials(Path(sys.argv[1]))
