"""Time and memory that the index of a store of AudioSet's size takes.

    python benchmarks/store_index.py                    # 2 million clips
    python benchmarks/store_index.py --clips 22160      # the balanced subset

Makes a store whose shards say of each clip what AudioSet's would (path, video, tags in AudioSet's frequencies, 10 s at
32 kHz) and whose sound takes no room, and an index of published packs with as many rows. Each measurement is a process
of its own; memory is its peak, beside that of one that has only imported the package. Prints a table, and exits with 1
if opening the store once more takes more than 30 s, or anything but the making more than 1 GB.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from unweave.data.columns import Columns, Row
from unweave.data.sampler import BalancedSampler
from unweave.data.store import Store, open_store
from unweave.data.vocabulary import Vocabulary

RATE, SECONDS, SHARD_CLIPS = 32000, 10, 1024
MOST_SECONDS, MOST_BYTES = 30.0, 1e9
LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "S1")
TO_BYTES = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in kB elsewhere


def rows(clips: int, names: tuple[str, ...]) -> Iterator[Row]:
    """What AudioSet's lists say, by chance: some two tags a clip, few classes often and most rarely."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, len(names) + 1)
    share /= share.sum()
    folder = "/data/audioset/audios/unbalanced_train_segments/unbalanced_train_segments_part"
    for first in range(0, clips, SHARD_CLIPS):
        number = min(SHARD_CLIPS, clips - first)
        videos = rng.choice(LETTERS, (number, 11)).view("S11")[:, 0].astype(str).tolist()
        counts = 1 + rng.poisson(1.0, number)
        tags = rng.choice(len(names), counts.sum(), p=share)
        for i, (video, own) in enumerate(zip(videos, np.split(tags, np.cumsum(counts)[:-1]), strict=True)):
            classes = np.unique(own).tolist()
            label = ";".join(names[key] for key in classes)
            path = f"{folder}{(first + i) // 50000:02d}/Y{video}.wav"
            size = SECONDS * RATE
            yield Row(path, video, label, "train", "audioset", classes, RATE / 2, i * size, size)


def make_store(folder: Path, clips: int) -> None:
    """A store with sparse shards: HDF5 keeps no room for sound that was never written, and reads it as silence."""
    vocabulary = Vocabulary.audioset()
    folder.mkdir()
    said = {"schema": 1, "sample_rate": RATE, "unfinished": [], "names": vocabulary.names, "mids": vocabulary.mids}
    (folder / "store.json").write_text(json.dumps(said))
    every = rows(clips, vocabulary.names)
    for number, first in enumerate(range(0, clips, SHARD_CLIPS)):
        own = [next(every) for _ in range(min(SHARD_CLIPS, clips - first))]
        with h5py.File(folder / f"shard-{number:05d}.h5", "w") as file:
            file.create_dataset("waveform", (len(own) * SECONDS * RATE,), "int16", chunks=(1 << 15,))
            for name, values in Columns.of(own).arrays().items():
                file.create_dataset(f"columns/{name}", data=values)


def make_index(path: Path, clips: int) -> None:
    """An index of packs in the published layout, and sparse packs."""
    packs = [path.parent / "waveforms" / f"pack{i:02d}.h5" for i in range(41)]
    packs[0].parent.mkdir(parents=True)
    each = -(-clips // len(packs))
    for pack in packs:
        with h5py.File(pack, "w") as file:
            file.create_dataset("waveform", (each, SECONDS * RATE), "int16", chunks=(1, SECONDS * RATE))
            file.attrs["sample_rate"] = RATE
    with h5py.File(path, "w") as file:
        file.create_dataset("audio_name", (clips,), "S20")
        file.create_dataset("hdf5_path", (clips,), "S200")
        file.create_dataset("index_in_hdf5", data=np.arange(clips, dtype=np.int32) % each)
        file.create_dataset("target", (clips, 527), bool, chunks=(1 << 12, 527), compression="lzf")
        every = rows(clips, Vocabulary.audioset().names)
        for first in range(0, clips, 1 << 14):
            own = [next(every) for _ in range(min(1 << 14, clips - first))]
            here = slice(first, first + len(own))
            target = np.zeros((len(own), 527), bool)
            for row, one in enumerate(own):
                target[row, list(one.classes)] = True
            file["audio_name"][here] = [f"Y{one.group}.wav".encode() for one in own]
            file["hdf5_path"][here] = [f"waveforms/pack{i // each:02d}.h5".encode() for i in range(first, here.stop)]
            file["target"][here] = target


def open_it(place: Path) -> None:
    """Open it, and read a clip from its end: what every process that reads does."""
    store = open_store(place)
    assert len(store.read(len(store) - 1, 0, RATE)) == RATE


def draw(place: Path) -> None:
    """What the main process of a run does: open it, count its classes, draw a batch of 64."""
    store = open_store(place)
    sampler = BalancedSampler(store.members("train"), 64, 0)
    clips, _ = sampler.draw()
    assert len(store.targets(clips)) == 64


def know(place: Path) -> None:
    """What `unweave prepare` does before it goes on: open it, and know every clip that is there."""
    store = Store(place)
    assert len(store.known()) == len(store)


def measured(work: Callable[[Path], None], place: Path) -> tuple[float, float]:
    """Seconds of some work and bytes of the process that did it."""
    receive, send = multiprocessing.get_context("spawn").Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_measure, args=(work, place, send))
    process.start()
    result: tuple[float, float] = receive.recv()
    process.join()
    return result


def _measure(work: Callable[[Path], None], place: Path, send: Any) -> None:
    started = time.perf_counter()
    work(place)
    seconds = time.perf_counter() - started
    send.send((seconds, peak()))


def peak() -> float:
    """Most bytes that this process has held."""
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss would count what its parent held when it was forked
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * TO_BYTES


def nothing(place: Path) -> None:
    """Import h5py and no more."""


def main() -> int:
    """Make, measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=2_000_000)
    options = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as folder:
        store, index = Path(folder) / "store", Path(folder) / "packs" / "index.h5"
        for make, place in ((make_store, store), (make_index, index)):
            started = time.perf_counter()
            make(place, options.clips)
            print(f"made {place.name} of {options.clips} clips: {time.perf_counter() - started:.0f} s", flush=True)
        base = measured(nothing, store)[1]
        for what, work, place in (
            ("opening the store the first time", open_it, store),
            ("opening it later", open_it, store),
            ("and drawing a batch of 64", draw, store),
            ("and knowing every clip, to go on preparing", know, store),
            ("opening the index of published packs", open_it, index),
        ):
            seconds, peak = measured(work, place)
            print(f"{what}: {seconds:.1f} s, {(peak - base) / 1e6:.0f} MB above {base / 1e6:.0f}", flush=True)
            good &= seconds <= MOST_SECONDS and peak <= MOST_BYTES
        size = sum(path.stat().st_size for path in store.glob("index*"))
        print(f"the kept index: {size / 1e6:.0f} MB")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
