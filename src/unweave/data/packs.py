"""Clips packed small for a machine that only little can be carried to, and a store made of such packs there.

A pack is a zip archive: `clips.json` says what is known of each clip, and each clip is an Opus file. At 36 kbit/s eight
hours of mono sound fit into 130 MB, which a rented machine takes in a few parts. Opus is lossy: what is learnt from a
pack hears its sounds as they come out of it, in mixtures and targets alike.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from unweave.atomic import complete_file
from unweave.audio.resampling import resample
from unweave.data.columns import Row
from unweave.data.reader import About, Store, write_about
from unweave.data.shards import FULL_SCALE, ShardWriter
from unweave.data.vocabulary import Vocabulary
from unweave.errors import UnweaveError
from unweave.processes import in_order

OPUS_RATE = 48000  # the only rate at which Opus holds the whole band
ABOUT = "clips.json"
SAMPLES_A_BYTE = 4000  # a clip longer than this for its size is no Opus file that anybody made of sound


def compression(kbps: float) -> float:
    """The compression level of libsndfile, 0 (256 kbit/s a channel) to 1 (6 kbit/s)."""
    return float(np.clip(1 - (kbps - 6) / 250, 0, 1))


def encoded(wave: NDArray[np.float32], sample_rate: int, kbps: float) -> bytes:
    """A mono waveform (T,) as an Opus file."""
    stream = io.BytesIO()
    wide = resample(wave[None], sample_rate, OPUS_RATE)[0].clip(-1, 1)
    soundfile.write(stream, wide, OPUS_RATE, format="OGG", subtype="OPUS", compression_level=compression(kbps))
    return stream.getvalue()


def decoded(blob: bytes, sample_rate: int, length: int) -> NDArray[np.int16]:
    """The `length` samples of a packed clip as a store keeps them, (T,)."""
    wide, rate = soundfile.read(io.BytesIO(blob), dtype="float32")
    wave = resample(wide[None], rate, sample_rate)[0][:length]
    wave = np.pad(wave, (0, length - len(wave)))
    return np.asarray(np.round(wave.clip(-1, 1) * FULL_SCALE), np.int16)


class _Encoder:
    """Encodes clips of a store; each process opens it for itself."""

    def __init__(self, store: Store, kbps: float) -> None:
        self.store, self.kbps = store, kbps

    def __call__(self, row: int) -> bytes:
        store = self.store
        return encoded(store.read(row, 0, int(store.lengths[row])), store.sample_rate, self.kbps)


def write_packs(
    store: Store, rows: Sequence[int], folder: Path, megabytes: float, kbps: float = 36.0, workers: int = 1
) -> list[Path]:
    """Pack clips of a store into files of at most `megabytes` each (1e6 bytes), `pack-0.zip`, `pack-1.zip`, ...

    The clips are dealt out in a fixed random order, so that every pack holds some of everything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(0).permutation(np.asarray(rows, np.int64)).tolist()
    blobs: Iterator[bytes] = in_order(_Encoder(store, kbps), order, workers, 8, "A process that packed clips died.")
    paths: list[Path] = []
    batch: list[tuple[dict[str, Any], bytes]] = []
    size = 0.0
    for row, blob in zip(order, blobs, strict=True):
        clip = store.clips[row]
        about = {
            "path": store.name(row),
            "classes": list(clip.classes),
            "label": clip.label,
            "group": clip.group,
            "split": clip.split,
            "dataset": clip.dataset,
            "bandwidth": clip.bandwidth,
            "length": int(store.lengths[row]),
        }
        room = len(blob) + len(json.dumps(about)) + 200  # a zip's own entries
        if batch and size + room > megabytes * 1e6:
            paths.append(_write_pack(folder / f"pack-{len(paths)}.zip", store, batch))
            batch, size = [], 0.0
        batch.append((about, blob))
        size += room
    if batch:
        paths.append(_write_pack(folder / f"pack-{len(paths)}.zip", store, batch))
    return paths


def _write_pack(path: Path, store: Store, clips: Sequence[tuple[dict[str, Any], bytes]]) -> Path:
    said = {
        "sample_rate": store.sample_rate,
        "names": store.vocabulary.names,
        "mids": store.vocabulary.mids,
        "clips": [about for about, _ in clips],
    }
    with complete_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(ABOUT), json.dumps(said), zipfile.ZIP_DEFLATED)
        for number, (_, blob) in enumerate(clips):
            archive.writestr(zipfile.ZipInfo(f"{number}.opus"), blob)
    return path


def _decode(work: tuple[bytes, int, int]) -> NDArray[np.int16]:
    return decoded(*work)


def unpack(packs: Sequence[Path], folder: Path, workers: int = 1) -> Store:
    """Make a store of packs, one shard of each; packs whose shard is there already are passed over.

    Raises:
        UnweaveError: a pack is damaged, or packs of different stores.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about: About | None = None
    for path in packs:
        try:
            with zipfile.ZipFile(path) as archive:
                said = json.loads(archive.read(ABOUT))
                mine = About(int(said["sample_rate"]), Vocabulary(tuple(said["names"]), tuple(said["mids"])))
                if about not in (None, mine):
                    raise UnweaveError(f"{path} was packed from another store than the packs before it.")
                about = mine
                shard = folder / f"shard-{path.stem}.h5"
                if not shard.exists():
                    _unpack(archive, said["clips"], mine.sample_rate, shard, workers)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise UnweaveError(f"The pack {path} is damaged ({error}); carry it over again.") from error
    if about is None:
        raise UnweaveError("There is no pack to make a store of.")
    write_about(folder, about)
    return Store(folder)


def _unpack(archive: zipfile.ZipFile, clips: list[dict[str, Any]], rate: int, shard: Path, workers: int) -> None:
    def work() -> Iterator[tuple[bytes, int, int]]:
        for number, clip in enumerate(clips):
            blob = archive.read(f"{number}.opus")
            if not 0 < clip["length"] <= len(blob) * SAMPLES_A_BYTE:
                raise ValueError(f"clip {number} says that it has {clip['length']} samples")
            yield blob, rate, clip["length"]

    writer = ShardWriter(shard)
    try:
        samples = in_order(_decode, work(), workers, 16, "A process that unpacked clips died.")
        for clip, wave in zip(clips, samples, strict=True):
            known = [clip[name] for name in ("path", "group", "label", "split", "dataset", "classes", "bandwidth")]
            writer.add(Row(*known), wave)
        writer.finish()
    except BaseException:
        writer.drop()
        raise
