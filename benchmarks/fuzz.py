"""Try to break Unweave for some minutes: `python benchmarks/fuzz.py --minutes 10`.

Every trial is made from the seed and its number, and runs in a forked process of its own with limits of memory and
time, so that a crash, a hang and an endless appetite are found like any other fault. A trial may end well or be refused
in one sentence (`UnweaveError`); all else has failed, and is saved with what it takes to see it again:
`python benchmarks/fuzz.py --seed S --only NUMBER`.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

LONGEST_SENTENCE = 1000
PATIENCE = 10  # times the seconds of work, for one that waits: a busy machine is no fault
DONE, REFUSED, FAILED = "done", "refused", "failed"


def main() -> int:
    """Run a campaign; the status is 1 if anything failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--trials", type=int, help="so many in place of minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="one trial, with its traceback")
    parser.add_argument("--kinds", nargs="*", default=None)
    parser.add_argument("--megabytes", type=int, default=3000, help="that a trial may take beside what is there")
    parser.add_argument("--seconds", type=float, default=60.0, help="of work that a trial may take")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failed"), help="folder of what failed")
    told = parser.parse_args()

    import torch

    torch.set_num_threads(1)  # no threads are left behind by a fork
    import fuzz_http
    import fuzz_subjects

    model = fuzz_subjects.tiny()
    with tempfile.TemporaryDirectory() as name:
        fuzz_subjects.use(model, Path(name))
    subjects = {**fuzz_subjects.KINDS, **fuzz_http.KINDS}
    kinds = told.kinds or list(subjects)
    end = time.monotonic() + 60 * told.minutes
    counts: Counter[tuple[str, str]] = Counter()
    number = told.only or 0
    while number == told.only or (told.only is None and _goes_on(number, told.trials, end)):
        kind = kinds[number % len(kinds)]
        with tempfile.TemporaryDirectory(prefix="unweave-fuzz-") as name:
            chance = random.Random(f"{told.seed} {number}")
            act = subjects[kind](chance, Path(name), model)
            outcome, why = trial(act, told.megabytes, told.seconds)
            if outcome == FAILED:
                _keep(Path(name), told.keep / f"{kind}-{told.seed}-{number}", why)
                print(f"failed: {kind} {number}: {why.strip().splitlines()[-1][:200]}", flush=True)
            elif told.only is not None:
                print(f"{outcome}: {why}")
        counts[kind, outcome] += 1
        number += 1
    for kind in kinds:
        row = {outcome: counts[kind, outcome] for outcome in (DONE, REFUSED, FAILED)}
        print(f"{kind}: tried {sum(row.values())}, refused {row[REFUSED]}, failed {row[FAILED]}")
    failed = sum(count for (_, outcome), count in counts.items() if outcome == FAILED)
    print(f"tried {sum(counts.values())}, failed {failed}, seed {told.seed}")
    return 1 if failed else 0


def trial(act: Callable[[], None], megabytes: int, seconds: float) -> tuple[str, str]:
    """Do something in a process of its own: how it ended, and why."""
    read, write = os.pipe()
    sys.stdout.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of forks beside threads
        child = os.fork()
    if not child:
        os.close(read)
        _limit(megabytes, seconds)
        os.write(write, _outcome(act).encode("utf-8", errors="replace")[-8000:])
        os._exit(0)
    os.close(write)
    said, late = bytearray(), False
    end = time.monotonic() + PATIENCE * seconds
    while True:
        ready, _, _ = select.select([read], [], [], max(0.0, end - time.monotonic()))
        piece = os.read(read, 8192) if ready else b""
        if not ready:
            late = True
            os.kill(child, signal.SIGKILL)
        if not piece:
            break
        said += piece
    os.close(read)
    _, status = os.waitpid(child, 0)
    if late:
        return FAILED, f"it waited for more than {PATIENCE * seconds:g} s"
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return FAILED, f"it worked for more than {seconds:g} s"
    if os.WIFSIGNALED(status):
        return FAILED, f"the process was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    outcome, _, why = said.decode("utf-8", errors="replace").partition("\n")
    return (outcome, why) if outcome in (DONE, REFUSED) else (FAILED, why or "the process left without a word")


def _goes_on(number: int, trials: int | None, end: float) -> bool:
    return number < trials if trials is not None else time.monotonic() < end


def _outcome(act: Callable[[], None]) -> str:
    from unweave.errors import UnweaveError

    warnings.simplefilter("ignore")
    try:
        act()
    except UnweaveError as error:
        sentence = str(error)
        if not sentence or "\n" in sentence or len(sentence) > LONGEST_SENTENCE:
            return f"{FAILED}\nno sentence: {ascii(sentence[:2000])}"
        return f"{REFUSED}\n{sentence}"
    except BaseException:
        return f"{FAILED}\n{traceback.format_exc()}"
    return f"{DONE}\n"


def _limit(megabytes: int, seconds: float) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (max(1, round(seconds)), max(1, round(seconds)) + 5))
    if not sys.platform.startswith("linux"):
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _keep(folder: Path, target: Path, why: str) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, symlinks=True)
    (target / "why.txt").write_text(why + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
