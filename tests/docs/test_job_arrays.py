"""The examples of job arrays in docs/scale.md: run, with stand-ins for the programs that hand out the jobs.

A stand-in for `unweave` writes down what it is called with. Every part must be somebody's, and nobody's twice.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from command_lines import unweave_line
from snippets import ROOT, Block, blocks_of

from unweave.batch.shard import Shard

PAGE = ROOT / "docs" / "scale.md"
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture(scope="module")
def page() -> list[Block]:
    return list(blocks_of(PAGE, PAGE.read_text("utf-8")))


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins; the file in which `unweave` writes down its arguments."""
    log, folder = tmp_path / "calls", tmp_path / "bin"
    folder.mkdir()
    scripts = {
        "unweave": f'printf "%s\\n" "$*" >> {shlex.quote(str(log))}; exit ${{STATUS:-0}}',
        "srun": 'exec "$@"',
        # What it would do over ssh, here: {} is each line of standard input.
        "parallel": 'shift 2; while read -r line; do "${@//\\{\\}/$line}"; done',
    }
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


def block(page: list[Block], start: str) -> str:
    (found,) = [one.text for one in page if one.text.startswith(start)]
    return found


def parts(log: Path) -> list[Shard]:
    """The parts that were begun; each line must be one that the command line reads."""
    found = []
    for line in log.read_text("utf-8").splitlines():
        unweave_line(shlex.split(line))
        match = re.search(r"--shard (\S+)", line)
        assert match is not None, line
        found.append(Shard.of(match[1]))
    return found


def test_slurm(page: list[Block], programs: Path) -> None:
    script = block(page, "#!/bin/bash\n#SBATCH")
    given = dict(re.findall(r"#SBATCH --([a-z-]+)=(\S+)", script))
    first, last = map(int, given["array"].split("-"))
    count = last - first + 1  # SLURM_ARRAY_TASK_COUNT
    assert given["signal"].startswith("TERM@"), "what it is at is given back before it is killed"
    for number in (first, last):
        env = {**os.environ, "SLURM_ARRAY_TASK_ID": str(number), "SLURM_ARRAY_TASK_COUNT": str(count)}
        subprocess.run(["bash", "-eu", "-c", script], check=True, env=env)
    assert parts(programs) == [Shard.of(f"{number}/{count}") for number in (first, last)]
    assert {Shard.of(f"{number}/{count}").index for number in range(first, last + 1)} == set(range(count))


def test_kubernetes(page: list[Block], programs: Path) -> None:
    job = yaml.safe_load(block(page, "apiVersion: batch/v1"))
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (job["kind"], spec["completionMode"]) == ("Job", "Indexed") and pod["restartPolicy"] in (
        "OnFailure",
        "Never",
    )
    # What the kind takes only together with others, by its reference.
    assert "backoffLimitPerIndex" not in spec or pod["restartPolicy"] == "Never"
    mounts, volumes = ({one["name"] for one in many} for many in (container["volumeMounts"], pod["volumes"]))
    assert mounts == volumes
    for number in (0, spec["completions"] - 1):
        env = {**os.environ, "JOB_COMPLETION_INDEX": str(number)}
        subprocess.run(container["command"], check=True, env=env)
    assert parts(programs) == [Shard(number, spec["completions"]) for number in (0, spec["completions"] - 1)]


def test_failed_files_are_no_reason_to_run_a_pod_again_for_who_says_so(page: list[Block], programs: Path) -> None:
    job = yaml.safe_load(block(page, "apiVersion: batch/v1"))
    command = job["spec"]["template"]["spec"]["containers"][0]["command"]
    match = re.search(r"`(\|\| \[ [^`]+ \])`", PAGE.read_text("utf-8"))
    assert match is not None
    for status, ends in ((0, 0), (2, 0), (1, 1)):
        env = {**os.environ, "JOB_COMPLETION_INDEX": "1", "STATUS": str(status)}
        assert subprocess.run([*command[:2], f"{command[2]} {match[1]}"], env=env).returncode == ends


def test_gnu_parallel(page: list[Block], programs: Path) -> None:
    line = block(page, "seq 16 | parallel")
    subprocess.run(["bash", "-c", line], check=True)
    found = parts(programs)
    assert {part.index for part in found} == set(range(16)) and {part.count for part in found} == {16}
    assert len(found) == 16
