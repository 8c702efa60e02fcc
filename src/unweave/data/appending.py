"""Putting a collection into a store: what is there already is left alone, so the same call also goes on."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from unweave.atomic import complete_file
from unweave.data.collection import Clip, Collection
from unweave.data.columns import Row
from unweave.data.decode import decode_all
from unweave.data.known import Known
from unweave.data.reader import ABOUT, About, Store, read_about, write_about
from unweave.data.shards import ShardWriter, shard_files
from unweave.data.summary import Summary
from unweave.data.vocabulary import Vocabulary
from unweave.errors import FULL, UnweaveError

SAMPLE_RATE = 32000
SHARD_CLIPS, SHARD_BYTES = 1024, 1 << 30
SKIPPED, LOCK = "skipped.jsonl", ".lock"


def append(
    collection: Collection,
    folder: str | Path,
    *,
    sample_rate: int | None = None,
    workers: int = 0,
    shard_clips: int = SHARD_CLIPS,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Store the clips of `collection` that are not in the store yet; a new store is made if there is none.

    Clips are known by their data set and the absolute path of their file. The store can be used at any moment, however
    this ends, and the same call goes on where it was.

    Args:
        collection: the clips. Own classes that the store does not have yet come behind those that it has.
        folder: of the store.
        sample_rate: in Hz; None for the store's own, or 32000 for a new one. Sound at another rate is resampled.
        workers: processes that decode; 0 for this one alone.
        shard_clips: clips of a file of the store, at least 1.
        progress: told (clips done, clips to do).

    Raises:
        UnweaveError: the store cannot take the collection, or not all of it; another process writes to it.
    """
    folder = Path(folder)
    if shard_clips < 1 or workers < 0 or (sample_rate is not None and sample_rate < 1):
        raise UnweaveError(
            f"A shard holds at least 1 clip, the sample rate is at least 1 Hz, and workers are 0 or more; got "
            f"{shard_clips} clips, {sample_rate} Hz and {workers} workers."
        )
    with _in_words(folder), _only_writer(folder):
        about = _fitting(folder, collection, sample_rate)
        write_about(folder, about._replace(unfinished=tuple(sorted({*about.unfinished, collection.name}))))
        for part in folder.glob("shard-*.part"):
            part.unlink()
        known = Store(folder).known()
        new = [row for row, clip in enumerate(collection.clips) if _key(clip) not in known]
        already = len(collection.clips) - len(new)
        del known
        appending = _Appending(folder, collection, about, shard_clips)
        try:
            appending.run(new, min(workers, len(new)), progress)
        except OSError as error:
            raise _stopped(folder, appending, error) from error
        finally:
            with contextlib.suppress(UnweaveError):  # a list for people, and its disk may be the full one
                appending.write_skipped()
        rest = tuple(name for name in about.unfinished if name != collection.name)
        write_about(folder, about._replace(unfinished=rest))
        return appending.summary(already)


class _Appending:
    """Clips one after the other into shards."""

    def __init__(self, folder: Path, collection: Collection, about: About, shard_clips: int) -> None:
        self.folder, self.collection, self.about, self.shard_clips = folder, collection, about, shard_clips
        self.added = 0  # clips in whole shards
        self.skipped: list[tuple[Clip, str]] = []
        places = {name: place for place, name in enumerate(about.vocabulary.names)}
        self._classes = [places[name] for name in collection.vocabulary.names]
        self._number = max((int(path.stem.rpartition("-")[2]) for path in shard_files(folder)), default=-1) + 1
        self._writer: ShardWriter | None = None

    def run(self, new: list[int], workers: int, progress: Callable[[int, int], None] | None) -> None:
        """Store the clips `new` of the collection."""
        clips = self.collection.clips
        decoded = decode_all((clips[row].path for row in new), self.about.sample_rate, workers)
        try:
            for done, (row, sound) in enumerate(zip(new, decoded, strict=True)):
                clip = clips[row]
                if sound.fault:
                    self.skipped.append((clip, sound.fault))
                else:
                    writer = self._room(sound.samples.nbytes)
                    writer.add(self._row(clip, sound.rate), sound.samples)
                if progress:
                    progress(done + 1, len(new))
            self._finish()
        except OSError:
            self._drop()
            raise
        except BaseException:  # Ctrl-C: what has been decoded is good
            self._finish()
            raise

    def _row(self, clip: Clip, rate: int) -> Row:
        classes = sorted({self._classes[key] for key in clip.classes})
        bandwidth = clip.bandwidth or rate / 2
        dataset, path = _key(clip)
        return Row(path, clip.group, clip.label, clip.split, dataset, classes, bandwidth)

    def _room(self, size: int) -> ShardWriter:
        """The shard that takes the next clip."""
        writer = self._writer
        if writer and (len(writer.rows) >= self.shard_clips or 2 * writer.samples + size > SHARD_BYTES):
            self._finish()
        if self._writer is None:
            self._writer = ShardWriter(self.folder / f"shard-{self._number:05d}.h5")
            self._number += 1
        return self._writer

    def _finish(self) -> None:
        if self._writer is None:
            return
        if self._writer.rows:
            self._writer.finish()
            self.added += len(self._writer.rows)
            self._writer = None
        else:
            self._drop()

    def _drop(self) -> None:
        if self._writer is not None:
            self._writer.drop()
            self._writer = None

    def write_skipped(self) -> None:
        """Keep what could not be stored; older entries of other clips stay."""
        there = (self.folder / SKIPPED).exists()
        mine = Known(_key(clip) for clip in self.collection.clips) if there else Known([])
        kept = [entry for entry in read_skipped(self.folder) if (entry["dataset"], entry["path"]) not in mine]
        kept += [{"dataset": clip.dataset, "path": _key(clip)[1], "why": why} for clip, why in self.skipped]
        with complete_file(self.folder / SKIPPED) as part:
            part.write_text("".join(json.dumps(entry) + "\n" for entry in kept), encoding="utf-8")

    def summary(self, already: int) -> Summary:
        """What became of the collection."""
        store = Store(self.folder)
        skipped = [*self.collection.missing, *(why for _, why in self.skipped)]
        return Summary(
            self.added,
            already,
            skipped,
            len(self.skipped) + self.collection.left_out,
            len(store),
            float(store.lengths.sum()) / store.sample_rate / 3600,
            dict(zip(store.vocabulary.names, store.counts().tolist(), strict=True)),
        )


def read_skipped(folder: Path) -> list[dict[str, str]]:
    """What could not be stored so far: dicts with dataset, path and why."""
    path = folder / SKIPPED
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except ValueError:  # only a list for people: a damaged one is begun anew
        return []


def _key(clip: Clip) -> tuple[str, str]:
    return clip.dataset, os.path.abspath(clip.path)


def _fitting(folder: Path, collection: Collection, sample_rate: int | None) -> About:
    """What the store says of itself once it takes the collection."""
    if not (folder / ABOUT).exists():
        if shard_files(folder):
            raise UnweaveError(f"{folder} holds shards but no {ABOUT}; choose another folder with -o.")
        return About(sample_rate or SAMPLE_RATE, collection.vocabulary)
    about = read_about(folder)
    if sample_rate not in (None, about.sample_rate):
        raise UnweaveError(
            f"The clips of {folder} have {about.sample_rate} Hz, not {sample_rate}; leave the sample rate out, or "
            "choose another folder with -o."
        )
    own, new = about.vocabulary, collection.vocabulary
    if own.is_audioset != new.is_audioset:
        kinds = ("AudioSet's classes", "classes of its own")
        first, second = kinds if own.is_audioset else kinds[::-1]
        raise UnweaveError(
            f"The store {folder} has {first} and {collection.name} has {second}; one store cannot have both. Choose "
            "another folder with -o, or other labels: audioset, own."
        )
    known = set(own.names)
    fresh = [(name, mid) for name, mid in zip(new.names, new.mids, strict=True) if name not in known]
    names, mids = (tuple(pair[i] for pair in fresh) for i in (0, 1))
    return about._replace(vocabulary=Vocabulary(own.names + names, own.mids + mids))


@contextlib.contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ABOUT).exists() and any(path.name != LOCK for path in folder.iterdir()):
        raise UnweaveError(f"{folder} is no store and is not empty; choose another folder with -o.")
    try:
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout as error:
        raise UnweaveError(f"Another process is writing to the store {folder}; wait until it is done.") from error


@contextlib.contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Errors of the disk as sentences."""
    try:
        yield
    except OSError as error:
        why = "the disk is full" if is_full(error) else error.strerror or str(error)
        raise UnweaveError(
            f"The store {folder} cannot be written: {why}. Make room or choose another folder."
        ) from error


def is_full(error: BaseException) -> bool:
    """Whether an error comes of a full disk; HDF5 says it in its own words."""
    return getattr(error, "errno", None) in FULL or "No space left" in str(error) or "errno = 28" in str(error)


def _stopped(folder: Path, appending: _Appending, error: OSError) -> UnweaveError:
    why = "The disk is full" if is_full(error) else f"The disk could not be written ({error})"
    stored = len(Store(folder))
    return UnweaveError(
        f"{why}. {appending.added} new clips were stored, {stored} are in {folder} in all, and it can be used as it "
        "is. Make room and run the same again: it goes on from there."
    )
