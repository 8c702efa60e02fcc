"""docs/http.md is true: its examples are run, and they leave no endpoint out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from serving import client, sound

from unweave.app.service import Service

Served = tuple[Service, str]
DOCS = (Path(__file__).parents[2] / "docs/http.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", DOCS, re.S)
SHELL = [text for kind, text in BLOCKS if kind == "sh"]


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="apt-get install curl jq")
def test_every_example_with_curl_works(tiny: Served, tmp_path: Path) -> None:
    (tmp_path / "street.wav").write_bytes(sound()["file"][1])
    script = "\n".join(["set -e", 'curl() { command curl --fail-with-body "$@"; }', *SHELL])
    environment = {"SERVER": tiny[1], "PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(tmp_path)}
    ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
    assert (tmp_path / "street.zip").stat().st_size > 100_000 and (tmp_path / "mix.wav").stat().st_size > 100_000
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "start-of-it.wav").stat().st_size == 100


def test_no_endpoint_is_without_an_example(hollow: Served) -> None:
    with client(hollow[1]) as visitor:
        schema = visitor.get("/api/openapi.json").json()
        page = visitor.get("/api/docs").text
    called = "\n".join(SHELL)
    for name in ("UPLOAD", "JOB", "MIX", "NEXT"):
        kind = "uploads" if name == "UPLOAD" else "jobs"
        called = called.replace(f"$SERVER${name}", f"/api/{kind}/ID")
    called = called.replace("$SERVER", "")
    for path, verbs in schema["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", r"[\\w.$\\-]+", re.escape(path)) + r"(?![\w/])"
        lines = [line for line in called.replace("\\\n", "").splitlines() if re.search(pattern, line)]
        assert lines, f"docs/http.md has no example of {path}"
        for verb in verbs:
            flags = {"delete": "-X DELETE", "post": ("-X POST", "-F ", "-d ")}.get(verb, "")
            fits = [
                line for line in lines if any(flag in line for flag in ([flags] if isinstance(flags, str) else flags))
            ]
            assert fits, f"docs/http.md has no example of {verb} {path}"
            assert path in page and verbs[verb]["summary"] in page


def test_the_client_in_ten_lines_works(tiny: Served, tmp_path: Path) -> None:
    (text,) = [text for kind, text in BLOCKS if kind == "python"]
    assert len(text.strip().splitlines()) <= 11
    (tmp_path / "street.wav").write_bytes(sound()["file"][1])
    text = text.replace("http://127.0.0.1:7860", tiny[1])
    ran = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0 and ran.stdout.strip() == "['Dog', 'Speech', 'residual']", ran.stderr
    assert (tmp_path / "street.zip").stat().st_size > 100_000
