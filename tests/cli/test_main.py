from __future__ import annotations

import os
import subprocess
import sys

import pytest

from unweave import waiting
from unweave.cli import main as cli
from unweave.cli.main import COMMANDS, run
from unweave.errors import UnweaveError


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; start = time.process_time()\n"
        "from unweave.cli.main import run\n"
        "assert run(['--help']) == 0\n"
        "print(time.process_time() - start, *sorted({n.split('.')[0] for n in sys.modules}))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    seconds, *loaded = out.splitlines()[-1].split()
    assert float(seconds) < 0.3
    assert not {"torch", "matplotlib", "numpy", "soundfile", "av"} & set(loaded)
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_without_torch(command: str) -> None:
    code = (
        f"import sys; from unweave.cli.main import run; run(['{command}', '--help']); assert 'torch' not in sys.modules"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert out.returncode == 0 and "Usage: unweave " + command in out.stdout and out.stderr == ""


@pytest.mark.parametrize(
    ("typed", "there", "heavy"),
    [
        ("unweave ", set(COMMANDS), {"torch", "numpy"}),
        ("unweave se", {"separate", "serve"}, {"torch", "numpy"}),
        ("unweave separate --le", {"--level"}, {"torch"}),
    ],
)
def test_a_key_completes_without_loading_what_it_completes(typed: str, there: set[str], heavy: set[str]) -> None:
    code = "import sys; from unweave.cli.main import main\ntry: main([])\nfinally: print(*sys.modules, file=sys.stderr)"
    own = {"_UNWEAVE_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **own})
    assert set(done.stdout.split()) == there and not heavy & set(done.stderr.split())


def test_threads_wait_briefly_and_garbage_is_looked_for_seldom_from_before_torch_is_loaded_and_not_at_the_end() -> None:
    code = (
        "import atexit, gc, sys; from unweave import waiting; from unweave.cli.main import MADE, main\n"
        "told = lambda: print(gc.get_threshold()[0] == MADE, waiting.waits_briefly(), 'torch' in sys.modules)\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 0))\n"
        "atexit.register(told)\n"
        "main(['--version'])"
    )
    own = {name: value for name, value in os.environ.items() if name not in (waiting.VARIABLE, "OMP_WAIT_POLICY")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=own)
    assert done.stdout.split()[-4:] == ["True", "True", "False", "True"], done.stderr


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    import unweave

    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"unweave {unweave.__version__}\n"


@pytest.mark.parametrize(
    "words", [["sepparate"], ["separate"], ["separate", "x", "--bogus"], ["tag", "x", "--batch", "a"], ["models", "x"]]
)
def test_wrong_use_is_one_line_and_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("unweave: ") and err.count("\n") == 1 and "--help'" in err


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (UnweaveError("a\nb"), 2, "unweave: a b\n"),
        (KeyboardInterrupt(), 130, "unweave: interrupted"),
        (ValueError("odd"), 1, "unweave: ValueError: odd (add --debug"),
    ],
)
def test_errors_have_their_status(
    error: BaseException,
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(words: list[str]) -> int:
        raise error

    monkeypatch.setattr(cli, "_dispatch", fail)
    assert run([]) == status
    err = capsys.readouterr().err
    assert err.startswith(words) and err.count("\n") == 1
    if status != 130:
        with pytest.raises(type(error)):
            run([], debug=True)


def test_termination_cleans_up_like_an_interrupt() -> None:
    code = (
        "import time; from unweave.cli import main as cli\n"
        "def wait(words):\n  print('ready', flush=True)\n  time.sleep(3000)\n"
        "cli._dispatch = wait; cli.main([])"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.terminate()
    _, err = process.communicate(timeout=2000)  # it would sleep longer
    assert process.returncode == 130 and err.count("\n") == 1
