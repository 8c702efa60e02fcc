"""`unweave train` under torchrun, as the docs have it for several machines: two launchers, two processes, one run."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import unweave


def test_two_machines_share_a_run_and_leave_one_model(tmp_path):
    changes = [
        f"folder={tmp_path / 'run'}",
        f"data.store={tmp_path / 'store'}",
        f"data.root={tmp_path / 'sounds'}",
        "data.options={clips: 2, valid: 1}",
    ]
    for key in ("tagger.learn", "separator.learn.0"):
        changes += [f"{key}.loop.steps=1", f"{key}.loop.log_every=1", f"{key}.loop.device=cpu", f"{key}.batch=2"]
        changes += [f"{key}.seconds=1"]
    changes += ["tagger.part.arguments.widths=[4, 4, 4, 4, 4]", "separator.part.arguments.widths=[4, 4, 4, 4]"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meet = ["--nnodes", "2", "--nproc-per-node", "1", "--rdzv-backend", "c10d", "--rdzv-endpoint", f"127.0.0.1:{port}"]
    words = [sys.executable, "-m", "torch.distributed.run", *meet, "-m", "unweave", "train", "toy", *changes, "-q"]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    told = [tmp_path / "first", tmp_path / "second"]
    with contextlib.ExitStack() as stack:
        machines = []
        for place in told:
            out, err = (stack.enter_context(open(place.with_suffix(end), "wb")) for end in (".out", ".err"))
            machines.append(subprocess.Popen(words, stdout=out, stderr=err, env=variables))
            stack.callback(machines[-1].kill)
        codes = [machine.wait() for machine in machines]
    assert codes == [0, 0], "".join(place.with_suffix(".err").read_text() for place in told)
    said = [line for place in told for line in place.with_suffix(".out").read_text().splitlines()]
    assert said.count(str(tmp_path / "run" / "model")) == 1  # the first process alone says it
    for part in ("tagger", "separator"):
        lines = (tmp_path / "run" / part / "log.jsonl").read_text().splitlines()
        assert [json.loads(line)["step"] for line in lines if '"loss"' in line] == [1]
    model = unweave.load_model(Path(tmp_path / "run" / "model"))
    assert all(weight.isfinite().all() for weight in model.parameters())
