"""Nothing is sent anywhere: no library tells its makers that, or how, it was used."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TELLERS = {"openvino", "nncf", "onnxruntime", "ray"}
needs_openvino = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("openvino", "openvino_telemetry")),
    reason="pip install 'unweave[openvino]'",
)
SCRIPT = """
import os, sys
from unweave.untold import untold
{before}
seen = []
sys.addaudithook(lambda name, arguments: seen.append(name) if name in {telling} else None)
{act}
import json
print(json.dumps([seen, sorted(name for name in sys.modules if name.startswith("openvino_telemetry"))]))
"""
TELLING = ("os.fork", "os.forkpty", "socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname")


def told(act: str, home: Path, before: str = "") -> tuple[list[str], list[str]]:
    """What a script does that could reach the network, and which modules of a sender it has."""
    words = [sys.executable, "-c", SCRIPT.format(before=before, telling=TELLING, act=act)]
    kept = {key: value for key, value in os.environ.items() if key != "CI"}  # where nothing is sent anyway
    env = {**kept, "HOME": str(home), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(words, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    seen, modules = json.loads(done.stdout.splitlines()[-1])
    return seen, modules


SEPARATE = """
import torch
from unweave.engines import attach
from unweave.separators.small import SmallSeparator
separator = SmallSeparator(5, (4, 4, 6), 128, 32, (4, 2), ((2, 2), (2, 1)), hidden=6).eval()
attach(separator, "openvino")
with torch.inference_mode():
    separator.decode(separator.encode(torch.randn(2, 1500)), torch.randn(2, 5))
assert "openvino" in sys.modules
"""


@needs_openvino
def test_separating_with_openvino_sends_nothing_and_leaves_nothing_in_the_home(tmp_path: Path) -> None:
    assert told(SEPARATE, tmp_path) == ([], [])
    assert not (tmp_path / "intel").exists()


@needs_openvino
def test_openvino_by_itself_would_have_been_noticed(tmp_path: Path) -> None:
    """The watch sees what it is for: without it this fails, and the test above says nothing."""
    seen, modules = told("import openvino, time; time.sleep(1)", tmp_path)
    assert modules and ("os.fork" in seen or (tmp_path / "intel").exists())


@needs_openvino
def test_others_modules_come_back(tmp_path: Path) -> None:
    """A program that has the sender for itself keeps it."""
    before = "import types; mine = types.ModuleType('openvino_telemetry'); sys.modules['openvino_telemetry'] = mine"
    act = "untold('openvino'); assert sys.modules['openvino_telemetry'] is mine"
    assert told(act, tmp_path, before) == ([], ["openvino_telemetry"])


@pytest.mark.parametrize(
    ("name", "variable", "value"), [("nncf", "NNCF_CI", "1"), ("ray", "RAY_USAGE_STATS_ENABLED", "0")]
)
def test_variables_are_set_before_the_import(
    name: str, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unweave import untold

    monkeypatch.delenv(variable, raising=False)
    seen = []
    monkeypatch.setattr(untold.importlib, "import_module", lambda name: seen.append((name, os.environ.get(variable))))
    untold.untold(name)
    assert seen == [(name, value)]
    monkeypatch.setenv(variable, "mine")
    untold.untold(name)
    assert os.environ[variable] == "mine"


def test_no_file_imports_a_library_that_tells_on_its_own() -> None:
    """Elsewhere in the package these are imported through `untold` alone."""
    source = Path(__file__).parents[1] / "src" / "unweave"
    for file in source.rglob("*.py"):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            words = line.split()
            if (
                words[:1] == ["import"]
                and words[1:2]
                and words[1].rstrip(",") in ("openvino", "nncf", "onnxruntime", "ray")
            ):
                raise AssertionError(f"{file.name}:{number} imports {words[1]}: take untold({words[1]!r})")
