"""A campaign over many short files that is killed again and again: every file must be done once, and done right.

    python benchmarks/batch_kills.py       # 2 000 files, 10 kills; writes benchmarks/results/batch_kills.json

Files of noise and tones are made, one in 50 of them damaged. One run does them undisturbed. The same run elsewhere is
hit by `kill -9` at random moments: a worker, the driver, or everything that runs at once, as when a machine goes down.
Then the manifest and the folders are compared with each other and with those of the undisturbed run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
import soundfile

from unweave.batch.items import OWN
from unweave.batch.manifest import read_rows
from unweave.batch.rows import DONE, FAILED
from unweave.batch.work import RECEIPT

RATE, BAD = 16000, 50
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


def begin(words: list[str]) -> subprocess.Popen[bytes]:
    """The command, in a group of its own."""
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def kill(process: subprocess.Popen[bytes], what: str, rng: random.Random) -> bool:
    """Kill a worker, the driver, or both and all that they have started; False if there was nothing to kill."""
    try:
        # The resource tracker of multiprocessing is no worker.
        below = psutil.Process(process.pid).children(recursive=True)
        children = [c for c in below if any(name in " ".join(c.cmdline()) for name in ("spawn_main", "ray::_Life"))]
    except psutil.Error:
        return False
    if process.poll() is not None or not children:
        return False
    if what == "worker":
        os.kill(rng.choice(children).pid, signal.SIGKILL)
    elif what == "driver":
        os.kill(process.pid, signal.SIGKILL)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    if what != "worker":
        process.wait()
        psutil.wait_procs(children)
    return True


def digests(out: Path) -> dict[str, str]:
    """A hash of every file of results, but for receipts, which say when and where."""
    files = [file for file in out.rglob("*") if file.is_file() and OWN not in file.parts and file.name != RECEIPT]
    return {file.relative_to(out).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def count_done(out: Path) -> int:
    """Items that have their results."""
    # Folders come and go beneath us, which os.walk does not mind.
    return sum(RECEIPT in files and ".unweave-" not in root for root, _, files in os.walk(out))


def receipts(out: Path) -> dict[str, str]:
    """The name of every item that has results, and the id of the row with them; of a second time it is another."""
    places = [Path(root, RECEIPT) for root, _, files in os.walk(out) if RECEIPT in files and ".unweave-" not in root]
    rows = [json.loads(place.read_text()) for place in places]
    return {row["name"]: row["id"] for row in rows}


def main() -> None:
    """Measure, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each file")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", help="the model; by default a tiny, untrained one")
    parser.add_argument("--cluster", help="as for unweave separate")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        make_files(root / "in", asked.files, asked.seconds)
        model = asked.model
        if model is None:
            sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
            from untrained import write_untrained

            model = write_untrained(root)

        def words(out: str) -> list[str]:
            own = ["--model", model, "--class", "Dog", "--workers", str(asked.workers), "--quiet"]
            more = ["--cluster", asked.cluster] if asked.cluster else []
            where = ["separate", str(root / "in"), "-o", str(root / out), "--manifest"]
            return [sys.executable, "-m", "unweave", *where, *own, *more]

        start = time.perf_counter()
        status = begin(words("undisturbed")).wait()
        undisturbed = time.perf_counter() - start
        assert status == 2, status  # some files are damaged
        marks = sorted(rng.sample(range(1, asked.files), asked.kills))
        kills: Counter[str] = Counter()
        first: dict[str, str] = {}
        start, runs = time.perf_counter(), 1
        process = begin(words("killed"))
        for mark in marks:
            while count_done(root / "killed") < mark * (1 - 1 / BAD) and process.poll() is None:
                time.sleep(0.05)
            what = rng.choice(["worker", "driver", "everything"])
            while not kill(process, what, rng):
                if process.poll() is not None:
                    runs, process = runs + 1, begin(words("killed"))
                time.sleep(0.05)
            kills[what] += 1
            first = receipts(root / "killed") | first
            print(f"killed: {what}, when {count_done(root / 'killed')} were done", flush=True)
            if what != "worker":
                runs, process = runs + 1, begin(words("killed"))
        status = process.wait()
        killed = time.perf_counter() - start
        rows = list({row.id: row for row in read_rows(root / "killed")}.values())
        ends = Counter(row.state for row in rows)
        done = {row.name: row.id for row in rows if row.state == DONE}
        last = receipts(root / "killed")
        failed = {row.name for row in rows if row.state == FAILED}
        left = [p for p in (root / "killed").rglob(".*") if "unweave" in p.name]
        good = asked.files - asked.files // BAD
        found = {
            "files": asked.files,
            "seconds_each": asked.seconds,
            "workers": asked.workers,
            "cluster": asked.cluster,
            "kills": dict(kills),
            "runs": runs,
            "last_status": status,
            "done": len(done),
            "done_again": sum(last.get(name) != id for name, id in first.items()),
            "manifest_and_folders_differ": len(done.items() ^ last.items()),
            "given_up": len(failed),
            "given_up_that_are_damaged": sum(int(name[-9:-4]) % BAD == BAD - 1 for name in failed),
            "rows": dict(ends),
            "same_bytes": digests(root / "killed") == digests(root / "undisturbed"),
            "files_of_results": len(digests(root / "killed")),
            "left_over": len(left),
            "undisturbed_s": round(undisturbed, 1),
            "killed_s": round(killed, 1),
            "load": os.getloadavg()[0],
        }
        print(json.dumps(found, indent=1))
        assert found["done"] == good and not found["done_again"] and found["same_bytes"] and not left
        assert not found["manifest_and_folders_differ"]
        assert found["given_up"] == found["given_up_that_are_damaged"] == asked.files // BAD
        RESULTS.parent.mkdir(exist_ok=True)
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps(known | {asked.cluster or "one machine": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
