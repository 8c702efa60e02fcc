"""A campaign over many short files that is killed again and again: every file must be done once, and done right.

    python benchmarks/batch_kills.py                          # one machine: 2 000 files, 10 kills
    python benchmarks/batch_kills.py --nodes 2                # a cluster of Ray, with two nodes on this machine
    python benchmarks/batch_kills.py --store --files 300      # onto S3, a local server

Files of noise and tones are made, one in 50 of them damaged. One run does them undisturbed. The same run elsewhere is
hit by `kill -9` at random moments: a worker (on a cluster: an actor), the driver, a whole node with all that runs on
it, or everything at once, as when the power fails. Then manifest and results are compared with each other and with
those of the undisturbed run. Written to benchmarks/results/batch_kills.json.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

from unweave.batch.folder import RECEIPT
from unweave.batch.items import OWN
from unweave.batch.manifest import read_rows
from unweave.batch.objects import Objects
from unweave.batch.outputs import output_of
from unweave.batch.rows import DONE, FAILED

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
RATE, BAD, BUCKET = 16000, 50, "s3://kills"
RESULTS = Path(__file__).parent / "results" / "batch_kills.json"


def make_files(folder: Path, count: int, seconds: float) -> None:
    """Short files; every 50th is no sound."""
    rng = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"{number % 20:02d}" / f"clip-{number:05d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % BAD == BAD - 1:
            path.write_bytes(b"RIFF" + rng.bytes(200))
            continue
        time_ = np.arange(round(seconds * RATE)) / RATE
        wave = 0.2 * np.sin(2 * np.pi * rng.uniform(200, 4000) * time_) + 0.05 * rng.standard_normal(len(time_))
        soundfile.write(path, wave.astype(np.float32), RATE)


class Run:
    """A run of the command, and who works for it.

    Args:
        words: the command.
        nodes: on which its actors live; None for processes of its own.
    """

    def __init__(self, words: list[str], nodes: Any = None) -> None:
        self.words, self.nodes, self.count = words, nodes, 0
        self.kinds = ["worker", "driver", "everything", *(["node", "node", "worker"] if nodes else [])]
        self.begin()

    def begin(self) -> None:
        """Begin it, again."""
        self.count += 1
        null = subprocess.DEVNULL
        self.process = subprocess.Popen(self.words, stdout=null, stderr=null, start_new_session=True)

    def workers(self) -> list[psutil.Process]:
        """Those that have begun."""
        if self.nodes is not None:
            return list(self.nodes.actors())
        try:
            below = psutil.Process(self.process.pid).children(recursive=True)
            # The resource tracker of multiprocessing is no worker.
            return [c for c in below if any(w in " ".join(c.cmdline()) for w in ("spawn_main", "ray::_Life"))]
        except psutil.Error:
            return []

    def kill(self, what: str, rng: random.Random) -> bool:
        """Kill something, and begin again if it was the run; False if there was nothing to kill."""
        workers = self.workers()
        if self.process.poll() is not None or not workers:
            return False
        if what == "worker":
            rng.choice(workers).kill()
        if what == "node":
            self.nodes.kill(rng.randrange(len(self.nodes.nodes)))
            self.nodes.add()
        if what in ("driver", "everything"):
            os.killpg(self.process.pid, signal.SIGKILL) if what == "everything" else self.process.kill()
            self.process.wait()
            if self.nodes is None:
                psutil.wait_procs(workers)
            elif what == "everything":
                for _ in list(self.nodes.nodes):
                    self.nodes.kill(0)
                    self.nodes.add()
            self.begin()
        return True


class Results:
    """What lies in an output.

    Args:
        out: a folder, or an address.
        scratch: a folder for copies of what lies in a store.
    """

    def __init__(self, out: str, scratch: Path) -> None:
        self.out, self.objects = out, Objects(out) if "://" in out else None
        self.folder = scratch / "copy" / out.rpartition("/")[2] if self.objects else Path(out)

    def receipts(self) -> dict[str, str]:
        """The name of every item that has results, and the id of the row with them; of a second time it is another."""
        if self.objects is not None:
            self.objects.fetch([name for name in self.objects.below("") if name.endswith(RECEIPT)], self.folder)
        # Folders come and go beneath us, which os.walk does not mind.
        there = [Path(root, RECEIPT) for root, _, files in os.walk(self.folder) if RECEIPT in files]
        rows = [json.loads(place.read_text()) for place in there if ".unweave-" not in str(place)]
        return {row["name"]: row["id"] for row in rows}

    def count(self) -> int:
        """Items that have their results."""
        if self.objects is not None:
            return sum(name.endswith(RECEIPT) for name in self.objects.below(""))
        return sum(RECEIPT in files and ".unweave-" not in root for root, _, files in os.walk(self.folder))

    def digests(self) -> dict[str, str]:
        """A hash of every file of results, but for receipts, which say when and where."""
        if self.objects is not None:
            self.objects.fetch([name for name in self.objects.below("") if not name.startswith(OWN)], self.folder)
        files = [file for file in self.folder.rglob("*") if file.is_file() and OWN not in file.parts]
        found = {file.relative_to(self.folder).as_posix(): file for file in files if file.name != RECEIPT}
        return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in found.items()}

    def rows(self) -> list[Any]:
        """All rows of the manifest, each once."""
        with output_of(self.out).manifest() as folder:
            return list({row.id: row for row in read_rows(folder)}.values())

    def left_over(self) -> list[str]:
        """What nobody has cleared away."""
        if self.objects is not None:
            return [name for name in self.objects.below(OWN) if "claims/" in name]
        return [str(path) for path in self.folder.rglob(".*") if "unweave" in path.name]


def disturb(run: Run, results: Results, marks: list[int], rng: random.Random) -> tuple[Counter[str], dict[str, str]]:
    """Kill at each of some numbers of files that are done; what was killed, and what was done before the last time."""
    kills: Counter[str] = Counter()
    first: dict[str, str] = {}
    for mark in marks:
        while results.count() < mark * (1 - 1 / BAD) and run.process.poll() is None:
            time.sleep(0.05 if results.objects is None else 1.0)
        what = rng.choice(run.kinds)
        first = results.receipts() | first
        while not run.kill(what, rng):
            if run.process.poll() is not None:
                run.begin()
            time.sleep(0.05)
        kills[what] += 1
        print(f"killed: {what}, when {len(first)} were done", flush=True)
    return kills, results.receipts() | first


@contextlib.contextmanager
def s3() -> Any:
    """A server of S3 on this machine, in memory, with an empty bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.2)
        import boto3

        boto3.client("s3").create_bucket(Bucket=BUCKET.rpartition("/")[2])
        yield
    finally:
        server.kill()
        server.wait()


def main() -> None:
    """Measure, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each file")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", help="the model; by default a tiny, untrained one")
    parser.add_argument("--nodes", type=int, help="a cluster of Ray with so many nodes of one core on this machine")
    parser.add_argument("--store", action="store_true", help="onto S3, a local server (pip install 'unweave[dev]')")
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if asked.store:
            stack.enter_context(s3())
        nodes = None
        if asked.nodes:
            from nodes import Nodes

            nodes = stack.enter_context(Nodes(asked.nodes))
        found = measure(asked, root, nodes)
    print(json.dumps(found, indent=1))
    key = f"{asked.nodes} nodes" if asked.nodes else "one machine"
    key += ", s3" if asked.store else ""
    RESULTS.parent.mkdir(exist_ok=True)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(known | {key: found}, indent=1) + "\n")
    good = asked.files - asked.files // BAD
    assert found["done"] == good and not found["done_again"] and found["same_bytes"] and not found["left_over"]
    assert not found["manifest_and_results_differ"] and found["last_status"] == 2
    assert found["given_up"] == found["given_up_that_are_damaged"] == asked.files // BAD


def measure(asked: argparse.Namespace, root: Path, nodes: Any) -> dict[str, Any]:
    """Both runs, and what they left."""
    rng = random.Random(asked.seed)
    make_files(root / "in", asked.files, asked.seconds)
    model = asked.model
    if model is None:
        from untrained import write_untrained

        model = write_untrained(root)
    quiet, killed = (f"{BUCKET if asked.store else root}/{name}" for name in ("undisturbed", "killed"))

    def words(out: str) -> list[str]:
        own = ["--model", model, "--class", "Dog", "--workers", str(asked.workers), "--quiet"]
        where = ["separate", str(root / "in"), "-o", out, "--manifest"]
        return [sys.executable, "-m", "unweave", *where, *own, *(["--cluster", nodes.address] if nodes else [])]

    times = [time.perf_counter()]
    status = Run(words(quiet), nodes).process.wait()
    assert status == 2, status  # some files are damaged
    times.append(time.perf_counter())
    print(f"undisturbed: {times[1] - times[0]:.0f} s", flush=True)
    results = Results(killed, root)
    run = Run(words(killed), nodes)
    kills, first = disturb(run, results, sorted(rng.sample(range(1, asked.files * 9 // 10), asked.kills)), rng)
    status = run.process.wait()
    times.append(time.perf_counter())
    rows, last = results.rows(), results.receipts()
    done = {row.name: row.id for row in rows if row.state == DONE}
    failed = {row.name for row in rows if row.state == FAILED}
    bytes_ = results.digests()
    return {
        "files": asked.files,
        "seconds_each": asked.seconds,
        "workers": asked.workers,
        "nodes": asked.nodes,
        "kills": dict(kills),
        "runs": run.count,
        "last_status": status,
        "done": len(done),
        "done_again": sum(last.get(name) != id for name, id in first.items()),
        "manifest_and_results_differ": len(done.items() ^ last.items()),
        "given_up": len(failed),
        "given_up_that_are_damaged": sum(int(name[-9:-4]) % BAD == BAD - 1 for name in failed),
        "rows": dict(Counter(row.state for row in rows)),
        "same_bytes": bytes_ == Results(quiet, root).digests(),
        "files_of_results": len(bytes_),
        "left_over": len(results.left_over()),
        "undisturbed_s": round(times[1] - times[0], 1),
        "killed_s": round(times[2] - times[1], 1),
        "load": os.getloadavg()[0],
    }


if __name__ == "__main__":
    main()
