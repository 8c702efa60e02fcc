"""`unweave train` under torchrun, as the docs have it: two processes, one run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import unweave


def test_two_processes_share_a_run_and_leave_one_model(tmp_path):
    changes = [
        f"folder={tmp_path / 'run'}",
        f"data.store={tmp_path / 'store'}",
        f"data.root={tmp_path / 'sounds'}",
        "data.options={clips: 2, valid: 1}",
    ]
    for key in ("tagger.learn", "separator.learn.0"):
        changes += [f"{key}.loop.steps=1", f"{key}.loop.log_every=1", f"{key}.loop.device=cpu", f"{key}.batch=2"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, "-m", "unweave", "train", "toy", *changes, "-q"],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines().count(str(tmp_path / "run" / "model")) == 1  # the first process alone says it
    for part in ("tagger", "separator"):
        lines = (tmp_path / "run" / part / "log.jsonl").read_text().splitlines()
        assert [json.loads(line)["step"] for line in lines if '"loss"' in line] == [1]
    model = unweave.load_model(Path(tmp_path / "run" / "model"))
    assert all(weight.isfinite().all() for weight in model.parameters())
