"""How fast clips come out of a store of AudioSet's size: two processes of a run, as torchrun would start them.

    python benchmarks/store_feed.py                        # 2 million clips; writes benchmarks/results/store_feed.json
    python benchmarks/store_feed.py --clips 22160 --workers 4

The store's columns say of each clip what AudioSet's would (`store_index.py`); each of its 1 954 shards has the sound of
two clips, which are read, converted and handed over as 1 024 would be, but from the system's memory: a disk has to give
what `megabytes_a_second` says. Each of the two processes opens the store, draws its part of the joint batch, and takes
batches from its reading processes as fast as they come, as a GPU that never waits.

What 8 GPUs need: the paper's run of 600 000 steps of 16 clips took 3 days on a V100, which are 37 clips a second, and
8 times that for 8 of them. GPUs of today that are N times as fast need N times as many.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import psutil
from machine import commit, load, machine
from store_index import RATE, SECONDS, SHARD_CLIPS, rows

from unweave.data.columns import Columns
from unweave.data.loader import ClipLoader
from unweave.data.sampler import BalancedSampler
from unweave.data.store import open_store
from unweave.data.vocabulary import Vocabulary

DIFFERENT = 2  # clips of a shard that there is sound of
NEEDED = 8 * 600_000 * 16 / (3 * 24 * 3600)  # clips a second
RESULTS = Path(__file__).parent / "results" / "store_feed.json"


def make_store(folder: Path, clips: int) -> None:
    """Shards of 1.3 MB as `unweave prepare` would write them, but that all of their clips have the sound of two."""
    vocabulary = Vocabulary.audioset()
    folder.mkdir()
    said = {"schema": 1, "sample_rate": RATE, "unfinished": [], "names": vocabulary.names, "mids": vocabulary.mids}
    (folder / "store.json").write_text(json.dumps(said))
    size = SECONDS * RATE
    sound = np.random.default_rng(0).integers(-9000, 9000, DIFFERENT * size, np.int16)
    every = rows(clips, vocabulary.names)
    for number, first in enumerate(range(0, clips, SHARD_CLIPS)):
        own = [next(every) for _ in range(min(SHARD_CLIPS, clips - first))]
        own = [row._replace(offset=i % DIFFERENT * size) for i, row in enumerate(own)]
        with h5py.File(folder / f"shard-{number:05d}.h5", "w") as file:
            file.create_dataset("waveform", data=sound, chunks=(1 << 15,))
            for name, values in Columns.of(own).arrays().items():
                file.create_dataset(f"columns/{name}", data=values)


def consume(pipe: Connection, place: Path, rank: int, world: int, batch: int, workers: int, batches: int) -> None:
    """One process of the run: its times, its processor time with that of its readers, its memory."""
    began, used = time.perf_counter(), time.process_time()
    store = open_store(place)
    opened = time.perf_counter() - began
    sampler = BalancedSampler(store.members("train"), batch, 0, rank=rank, world=world)
    drawing, used = time.perf_counter() - began, time.process_time() - used
    with ClipLoader(store, sampler, SECONDS, workers=workers) as loader:
        next(loader)
        first = time.perf_counter() - began
        for _ in range(2 * workers + 2):  # what was read ahead
            next(loader)
        pipe.send(None)
        pipe.recv()
        processor, clock = spent(), time.perf_counter()
        for _ in range(batches):
            assert next(loader).waveform.shape == (batch, SECONDS * RATE)
        seconds = time.perf_counter() - clock
        pipe.send(
            {
                "open_s": opened,
                "ready_to_draw_s": drawing,
                "ready_to_draw_processor_s": used,
                "first_batch_s": first,
                "clips_a_second": batch * batches / seconds,
                "clips_a_core_second": batch * batches / (spent() - processor),
                "own_mb": memory([psutil.Process()]),
                "readers_mb": memory(psutil.Process().children(recursive=True)),
            }
        )
        pipe.recv()


def spent() -> float:
    """Processor time of this process and of all below it, in s."""
    own = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in (own, *own.children(recursive=True)))


def memory(processes: list[psutil.Process]) -> float:
    """What they hold for themselves, and of what they share their part, in MB."""
    return sum(one.memory_full_info().pss for one in processes) / 1e6


def main() -> None:
    """Make, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=2_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="that read for each of them; 0: each reads itself")
    parser.add_argument("--batch", type=int, default=64, help="of all processes of the run together")
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--store", type=Path, help="one that is there, such as of real clips, instead of a made-up one")
    asked = parser.parse_args()
    before = load()
    with tempfile.TemporaryDirectory() as folder:
        place, began = asked.store or Path(folder) / "store", time.perf_counter()
        if asked.store is None:
            make_store(place, asked.clips)
        made = time.perf_counter() - began
        began = time.perf_counter()
        asked.clips = len(open_store(place))
        collected = time.perf_counter() - began
        context = multiprocessing.get_context("spawn")
        pipes, processes = [], []
        for rank in range(asked.processes):
            ours, theirs = context.Pipe()
            own = asked.batch // asked.processes
            more = (theirs, place, rank, asked.processes, own, asked.workers, asked.batches)
            processes.append(context.Process(target=consume, args=more))
            processes[-1].start()
            pipes.append(ours)
        for pipe in pipes:
            pipe.recv()
        for pipe in pipes:
            pipe.send(None)
        each: list[dict[str, Any]] = [pipe.recv() for pipe in pipes]
        for pipe in pipes:
            pipe.send(None)
        for process in processes:
            process.join()
    rate = sum(one["clips_a_second"] for one in each)
    core = sum(one["clips_a_core_second"] for one in each) / len(each)
    found = {
        "date": date.today().isoformat(),
        "machine": machine(),
        "commit": commit(),
        "load": [before, load()],
        "clips": asked.clips,
        "processes": asked.processes,
        "readers_of_each": asked.workers,
        "joint_batch": asked.batch,
        "made_s": made,
        "opened_the_first_time_s": collected,
        "each": each,
        "clips_a_second": rate,
        "clips_a_core_second": core,
        "needed_by_8_v100_clips_a_second": NEEDED,
        "cores_for_them": NEEDED / core,
        "megabytes_a_second": NEEDED * SECONDS * RATE * 2 / 1e6,
    }
    found = json.loads(json.dumps(found), parse_float=lambda number: round(float(number), 2))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
