"""The container, as far as it can be known without a daemon: what goes in is there, and nobody is root."""

from __future__ import annotations

import fnmatch
import re
import shlex

from snippets import ROOT

LINES = re.sub(r"\\\n\s*", " ", ROOT.joinpath("Dockerfile").read_text("utf-8")).splitlines()
STEPS = [line.split(None, 1) for line in LINES if line and not line.startswith("#")]


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = ROOT.joinpath(".dockerignore").read_text("utf-8").split("\n")
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    copied = [rest.split()[:-1] for word, rest in STEPS if word == "COPY" and not rest.startswith("--from")]
    sources = {source for part in copied for source in part}
    assert "*" in ignored and sources == let_in
    assert all(ROOT.joinpath(source).exists() for source in sources)


def test_what_the_wheel_is_built_of_goes_in() -> None:
    text = ROOT.joinpath("pyproject.toml").read_text("utf-8")
    named = ["pyproject.toml", *re.findall(r'(?:readme = |license-files = \[|packages = \[)"([^"]+)"', text)]
    named += re.findall(r'^"([^"]+)" = "unweave/', text, re.M)  # what lies elsewhere and goes into the wheel
    sources = {word for kind, rest in STEPS if kind == "COPY" for word in rest.split()}
    assert all(any(name == source or name.startswith(f"{source}/") for source in sources) for name in named)


def test_it_ends_small_and_as_nobody_special() -> None:
    last = max(number for number, (word, _) in enumerate(STEPS) if word == "FROM")
    final = STEPS[last:]
    images = [rest.split()[0] for word, rest in STEPS if word == "FROM"]
    assert all(fnmatch.fnmatch(image, "python:3.*-slim") for image in images)
    users = [rest for word, rest in final if word == "USER"]
    assert users and users[-1] not in ("root", "0")
    assert not any("pip " in rest for word, rest in final if word == "RUN")  # tools to build with stay behind
    installs = [rest for word, rest in STEPS if word == "RUN" and "pip install" in rest]
    assert all("--no-cache-dir" in rest for rest in installs) and "whl/cpu" in installs[-1]
    assert ["ENTRYPOINT", '["unweave"]'] in final and ["WORKDIR", "/data"] in final


def test_every_step_is_one_that_a_shell_can_read() -> None:
    known = {"FROM", "WORKDIR", "RUN", "COPY", "ENV", "USER", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in STEPS} <= known
    for word, rest in STEPS:
        assert word != "RUN" or shlex.split(rest)
