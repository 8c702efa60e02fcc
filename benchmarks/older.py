"""A row of ResUNet30 and of CNN14 on an older processor, by what runs it; this one says that it is one.

    python benchmarks/older.py                      # writes benchmarks/results/older/DATE-machine.json
    python benchmarks/older.py --widths 4 8 --rounds 1     # seconds, to try the harness itself
    python benchmarks/older.py --as-it-is           # the same on this processor as it is, to compare

`older_processor.c` is compiled and loaded before everything else: CPUID then knows of no AVX-512, AMX and AVX-VNNI, so
that torch, oneDNN, MKL, OpenVINO and ONNX Runtime all choose the code that they have for AVX2. (Their own switches do
not go as far: OpenVINO's works in builds for debugging alone, ONNX Runtime has none.) What else an older processor does
otherwise (caches, memory, cycles) is not shown. Sides take turns, one row (2 s) in one thread; processor time, the best
of each. What a whole recording of 8 s takes in the networks is added up of them: the published package hears and
separates 4 segments of 2 s, ours 4 of 2.2 s that overlap; its own transforms, which are convolutions, are not in it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import torch
from candidates import Candidates, in_turns
from machine import commit, load, machine, name_of
from made_older import again_as_older, is_older

from unweave.engines import attach, engines, winograd
from unweave.engines.cache import Cache
from unweave.engines.trunk import Trunk
from unweave.taggers import taggers

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "older"
SEGMENTS = 4  # of 8 s, on either side
OURS = 2.2  # s of a segment
ASKED = (1, 10)  # classes


def sides(candidates: Candidates, narrowest: list[int]) -> dict[str, Callable[[], object]]:
    """What is measured: a row by each side, and a segment by the tagger."""
    row, network = candidates.row(OURS), candidates.network
    works: dict[str, Callable[[], object]] = {
        "as published": candidates.step_by_step()["as published"],
        "as its layers are": lambda: network.logits(*row),
        "eager": partial(Trunk(network, "logits").quick, *row),
    }
    usual = winograd.FEWEST
    for fewest in narrowest:
        winograd.FEWEST = fewest
        run = engines.build("openvino", threads=1).compile(Trunk(network, "logits"), row, Cache(None))
        works[f"openvino, fewer multiplications from {fewest} channels on"] = partial(run, *row)
    winograd.FEWEST = usual
    works["onnx"] = partial(engines.build("onnx", threads=1).compile(Trunk(network, "logits"), row, Cache(None)), *row)
    theirs, ours = taggers.build("panns-cnn14").eval(), attach(taggers.build("panns-cnn14").eval(), "eager")
    heard, overlapping = (candidates.noise[:, : round(n * 32000)].expand(SEGMENTS, -1) for n in (2, OURS))
    works["their tagger"], works["our tagger"] = lambda: theirs(heard), lambda: ours(overlapping)
    return works


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--narrowest", type=int, nargs="+", default=[128, 64], help="channels (%(default)s)")
    parser.add_argument("--widths", type=int, nargs="+", help="of a smaller network, to try the harness itself")
    parser.add_argument("--out", type=Path, default=RESULTS, help="%(default)s")
    parser.add_argument("--as-it-is", action="store_true", help="do not make the processor older")
    asked = parser.parse_args()
    if not asked.as_it_is and not is_older():
        return again_as_older()
    torch.set_num_threads(1)
    with torch.inference_mode():
        best = in_turns(sides(Candidates(asked.widths), asked.narrowest), asked.rounds, time.process_time)
    tags = {side: best.pop(f"{side} tagger") for side in ("their", "our")}  # of all segments
    theirs = {classes: SEGMENTS * classes * best["as published"] + tags["their"] for classes in ASKED}
    ours = {name: {n: SEGMENTS * n * seconds + tags["our"] for n in ASKED} for name, seconds in best.items()}
    found = {
        "date": date.today().isoformat(),
        "machine": machine(),
        "commit": commit(),
        "torch": torch.__version__,
        "capability": torch.backends.cpu.get_cpu_capability(),
        "load": load(),
        "taggers": tags,
        "rows": best,
        "times_as_fast_in_the_networks": {name: {n: theirs[n] / own[n] for n in ASKED} for name, own in ours.items()},
    }
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / f"{name_of(found)}-{found['capability'].lower()}.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
