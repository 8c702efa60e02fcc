"""Five rows of ResUNet30 on the cores of this machine, the last by all of them or by one, in turns.

    python benchmarks/odd_row.py                          # best and worst of each, by the clock, and processor time
    python benchmarks/odd_row.py --older                  # on this processor as one without AVX-512
    GOMP_SPINCOUNT=300000 python benchmarks/odd_row.py    # where threads wait as long as torch lets them by itself

On an idle machine it shows what is saved, beside other work what it costs that threads wait for each other.
"""

from __future__ import annotations

import argparse
import sys
import time

from made_older import again_as_older, is_older

from unweave.waiting import wait_briefly

wait_briefly()  # before torch is loaded

import torch  # noqa: E402
from candidates import Candidates  # noqa: E402
from machine import load, machine  # noqa: E402

from unweave.allocator import keep_memory  # noqa: E402
from unweave.engines.trunk import Trunk  # noqa: E402
from unweave.inference.cores import Cores  # noqa: E402

ROWS, SECONDS = 5, 2.2


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6, help="%(default)s")
    parser.add_argument("--threads", type=int, default=2, help="%(default)s")
    parser.add_argument("--widths", type=int, nargs="+", help="of a smaller network, to try the script itself")
    parser.add_argument("--older", action="store_true", help="as on a processor without AVX-512")
    asked = parser.parse_args()
    if asked.older and not is_older():
        return again_as_older()
    keep_memory()
    torch.set_num_threads(asked.threads)
    with torch.inference_mode():
        candidates = Candidates(asked.widths)
        row, run = candidates.row(SECONDS), Trunk(candidates.network, "logits").quick
    took: dict[bool, list[tuple[float, float]]] = {True: [], False: []}

    def work(start: int, end: int) -> None:
        with torch.inference_mode():
            run(*row)

    with Cores() as cores:
        cores.run(work, cores.workers)
        for _ in range(asked.rounds):
            for layered, seconds in took.items():
                begin, used = time.perf_counter(), time.process_time()
                cores.run(work, ROWS, layered=layered)
                seconds.append((time.perf_counter() - begin, time.process_time() - used))
    print(f"{machine()}; load {load()}")
    for layered, seconds in took.items():
        clock, processor = zip(*seconds, strict=True)
        name = "the last row by all cores" if layered else "each row by one core"
        print(f"{name}: {min(clock):.2f} to {max(clock):.2f} s, {min(processor):.2f} s of processors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
