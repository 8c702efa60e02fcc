"""Checks a command line of the documentation without running it: programs, options, names and files that it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OTHERS = set("aplay arecord cat cd cp curl duckdb ffmpeg ffplay git ls mkdir play sox tensorboard".split())
PLACEHOLDER = re.compile(r"^[A-Z_.]+$|\.\.\.|^\[|\||…")


def check(words: Sequence[str]) -> None:
    """Refuse one program with its arguments by an AssertionError that says why; `simple` gives them."""
    program, *arguments = words
    if program in OTHERS:
        if program == "cp":
            assert ROOT.joinpath(arguments[0]).exists(), f"there is no {arguments[0]}"
        return
    known = {**CHECKS, ".venv/bin/unweave": unweave_line, ".venv/bin/python": python_line, "python3": python_line}
    assert program in known, f"say in tests/support/command_lines.py how a line with {program} is checked"
    known[program](arguments)


def unweave_line(arguments: Sequence[str]) -> None:
    """Options and values are read by the command line itself; names are looked up where they are registered."""
    if arguments[:1] in (["--version"], ["--help"], ["--install-completion"]):
        return
    command, rest = command_of(arguments)
    given = command.make_context(command.name, list(rest)).params
    if command.name == "prepare" and given["root"] is not None:
        from unweave.data.datasets import datasets
        from unweave.evaluation.benchmarks import benchmarks

        name = given["dataset"]
        assert PLACEHOLDER.search(name) or name in [*datasets.names(), *benchmarks.names()], f"no data set {name}"
    if command.name == "evaluate":
        from unweave.evaluation.benchmarks import benchmarks

        for one in given["benchmarks"]:
            assert one.partition("=")[0] in [*benchmarks.names(), "local"], f"no benchmark {one}"
    if command.name in ("info", "download"):
        from unweave.pretrained.registry import find_model

        find_model(given["name"])


def command_of(arguments: Sequence[str]) -> tuple[Any, Sequence[str]]:
    """The command that is called, down to the last (`models info`), and what follows its name."""
    command, rest = program(), list(arguments)
    while rest and hasattr(command, "get_command"):
        below = command.get_command(None, rest[0])
        if below is None:
            break
        command, rest = below, rest[1:]
    assert command is not program(), f"unweave has no command {rest[:1]}"
    return command, rest


def options_of(command: Any) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


@cache
def program() -> Any:
    import typer.main

    from unweave.cli.main import _program

    return typer.main.get_command(_program())


def extras() -> set[str]:
    """Names of the extras; read by hand, since Python 3.10 has no tomllib."""
    text = ROOT.joinpath("pyproject.toml").read_text("utf-8").partition("[project.optional-dependencies]")[2]
    return set(re.findall(r"^(\w+) = \[", text.partition("\n\n[")[0], re.M))


def pip_line(arguments: Sequence[str]) -> None:
    verb, *rest = arguments
    assert verb in ("install", "uninstall"), f"pip {verb}"
    for word in rest:
        if match := re.match(r"^(?:\.|unweave|dist/\S*\.whl)\[(.*)\]$", word):
            missing = set(match[1].split(",")) - extras()
            assert not missing or missing == {"NAME"}, f"no extras {missing}"


def python_line(arguments: Sequence[str]) -> None:
    if arguments[:2] == ["-m", "unweave"]:
        return unweave_line(arguments[2:])
    if arguments[0] == "-m":
        assert arguments[1] in ("pip", "build", "venv", "pytest", "twine", "http.server"), arguments[1]
        return pip_line(arguments[2:]) if arguments[1] == "pip" else None
    script = ROOT / arguments[0]
    assert script.is_file(), f"there is no {arguments[0]}"
    told = script.read_text("utf-8") + "".join(
        file.read_text("utf-8") for file in script.parent.glob("*.py") if re.search(rf"\b{file.stem}\b", script.stem)
    )
    for word in arguments[1:]:
        name = word.partition("=")[0]
        known = f'"{name[2:]}"' in told or f'"{name}"' in told
        assert known or not name.startswith("--"), f"{arguments[0]} has no option {name}"


def light_line(arguments: Sequence[str]) -> None:
    """The way without torch may not be installed: its commands and options are looked up in its source."""
    told = ROOT.joinpath("light/src/unweave_light/__main__.py").read_text("utf-8")
    for word in arguments[:1] + [word.partition("=")[0] for word in arguments if word.startswith("-")]:
        assert f'"{word}"' in told, f"unweave-light knows no {word}"


def torchrun_line(arguments: Sequence[str]) -> None:
    at = list(arguments).index("-m")
    python_line(arguments[at:])


def make_line(arguments: Sequence[str]) -> None:
    text = ROOT.joinpath("Makefile").read_text("utf-8")
    for word in arguments:
        name, value, _ = word.partition("=")
        if value:
            assert f"$({name})" in text, f"the Makefile knows no {name}"
        else:
            assert re.search(rf"^{name}:", text, re.M), f"make has no {name}"


def docker_line(arguments: Sequence[str]) -> None:
    assert arguments[0] in ("build", "run") and ROOT.joinpath("Dockerfile").is_file()
    if arguments[0] == "run":
        unweave_line(arguments[list(arguments).index("unweave") + 1 :])


def tool_line(arguments: Sequence[str]) -> None:
    """Lines of pipx and uv: each verb, and the options that the documentation uses of it."""
    options = {"--pip-args", "--torch-backend"}
    verbs = [word for word in arguments if not word.startswith("-")]
    assert verbs[:1] in (["install"], ["uninstall"], ["tool"]), verbs
    assert {word.partition("=")[0] for word in arguments if word.startswith("--")} <= options, arguments


CHECKS: dict[str, Callable[[Sequence[str]], None]] = {
    "unweave": unweave_line,
    "unweave-light": light_line,
    "pip": pip_line,
    "python": python_line,
    "torchrun": torchrun_line,
    "make": make_line,
    "docker": docker_line,
    "pipx": tool_line,
    "uv": tool_line,
}
