"""An output on a store that fsspec opens, such as s3://bucket/folder: see `unweave.batch.outputs.Output`.

It looks as a folder does. Results are made on this machine and sent when they are complete, the row that tells of them
last; where there is none there are no results, whatever else lies there. Only one process can create that row.
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from unweave.batch.compact import can_compact, compact
from unweave.batch.folder import RECEIPT, TRACKS, made, others
from unweave.batch.items import OWN, Item
from unweave.batch.leases import ALIVE, BEAT, LEASE, Claim, Lease
from unweave.batch.objects import Objects
from unweave.batch.parts import ENDING, PARTS, TABLE
from unweave.batch.rows import Row
from unweave.claims import Held
from unweave.errors import FULL, UnweaveError

CHUNK = 256 * 1024  # bytes of rows in one object, which is written anew with every row


class Bucket:
    """Results and manifest are objects below an address; processes keep apart by claims (`unweave.batch.leases`).

    Args:
        address: as fsspec has it.

    Raises:
        UnweaveError: what opens such addresses is not installed, or nothing does.
    """

    patience = LEASE + 2 * BEAT  # until then those who are gone may look alive

    def __init__(self, address: str) -> None:
        self._objects = Objects(address)
        self._lease: Lease | None = None
        self._listed: tuple[str | None, set[str]] = (None, set())

    def check(self) -> list[str]:
        """See `Output`."""
        name = f"{OWN}/probe-{secrets.token_hex(8)}"
        try:
            twice = [self._objects.create(name, secrets.token_bytes(8)) for _ in range(2)]
        finally:
            with contextlib.suppress(UnweaveError):
                self._objects.remove([name])
        if twice == [True, False]:
            return []
        return [
            f"{self._objects.address} cannot create an object only where there is none: let one run at a time write "
            "there, or files may be done twice."
        ]

    def part(self) -> BucketPart:
        """See `Output`."""
        self._lease = Lease(self._objects)
        return BucketPart(self._objects, self._lease)

    def receipt(self, place: str) -> Row | None:
        """See `Output`."""
        data = self._objects.get(f"{place}/{RECEIPT}")
        return None if data is None else Row.of(data)

    def has(self, place: str) -> bool:
        """See `Output`. A store is asked once for all that lies beside each other, or a million files take a day."""
        folder, _, name = place.rpartition("/")
        if self._objects.keeps_folders:
            return self.receipt(place) is not None
        if folder != self._listed[0]:
            self._listed = folder, set(self._objects.names(folder))
        return name in self._listed[1]

    @contextlib.contextmanager
    def making(self, item: Item, overwrite: bool) -> Iterator[Path]:
        """See `Output`."""
        place, target = item.place, f"{self._objects.address}/{item.place}"
        if item.path.startswith(f"{target}/"):
            raise UnweaveError(f"{item.path} lies in {target}, which would be replaced; choose another -o.")
        assert self._lease is not None
        with self._lease.claim(f"{item.key:016x}", target, place) as claim:
            old = self.receipt(place)
            if old is not None and old.name != item.name:
                raise UnweaveError(others(target, old, item))
            there = [] if claim.inherited else self._objects.below(place)
            if there and old is None and not (overwrite and TRACKS in there):
                raise UnweaveError(
                    f"{target} exists; give --overwrite to replace what unweave has made, or another folder with -o."
                )
            with _temporary(self._objects.address) as folder:
                yield folder
                self._publish(folder, place, old, claim)

    def _publish(self, folder: Path, place: str, old: Row | None, claim: Claim) -> None:
        names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
        names.remove(RECEIPT)
        try:
            if old is not None:  # first the row: from here on there are no results
                if not claim.is_mine():
                    raise Held(f"{self._objects.address}/{place} is another run's by now.")
                self._objects.remove([f"{place}/{name}" for name in (RECEIPT, *sorted(made(old) - {RECEIPT, *names}))])
            for name in names:
                self._objects.send(folder / name, f"{place}/{name}")
            if not self._objects.create(f"{place}/{RECEIPT}", (folder / RECEIPT).read_bytes()):
                raise Held(f"{self._objects.address}/{place} was made by another run in the meantime.")
        except Held:
            raise
        except BaseException:
            claim.torn = True
            with contextlib.suppress(UnweaveError):
                if claim.is_mine():
                    self._objects.remove([f"{place}/{name}" for name in (RECEIPT, *names)])
                claim.torn = False
            raise

    @contextlib.contextmanager
    def manifest(self) -> Iterator[Path]:
        """See `Output`."""
        with _temporary(self._objects.address) as folder:
            self._mirror(folder, self._parts())
            yield folder

    def note(self, name: str, text: str) -> None:
        """See `Output`."""
        self._objects.put(f"{OWN}/{name}", text.encode())

    def compact(self, least: int = 1) -> int:
        """See `Output`."""
        if not can_compact() or len(self._parts()) < least:
            return 0
        lease = self._lease if self._lease is not None and not self._lease.over else Lease(self._objects)
        try:
            with lease.claim("table", f"{self._objects.address}/{OWN}/{TABLE}"):
                lease.sweep(lambda place: self.receipt(place) is not None)
                parts = self._parts()
                lives = {*map(_life, parts), *self._objects.names(ALIVE)}
                dead = {life for life in lives if not lease.is_alive(life)}
                gone = [part for part in parts if _life(part) in dead]
                if len(gone) < least:
                    return 0
                with _temporary(self._objects.address) as folder:
                    self._mirror(folder, gone)
                    compact(folder)
                    self._objects.send(folder / OWN / TABLE, f"{OWN}/{TABLE}")
                self._objects.remove([f"{OWN}/{PARTS}/{part}" for part in gone])
                self._objects.remove([f"{ALIVE}/{life}" for life in dead])
                return len(gone)
        except Held:
            return 0
        finally:
            if lease is not self._lease:
                lease.end()

    def workers(self) -> int:
        """See `Output`."""
        lease = Lease(self._objects)
        try:
            return sum(lease.is_alive(life) for life in set(map(_life, self._parts())))
        finally:
            lease.end()

    def _parts(self) -> list[str]:
        return [name for name in self._objects.names(f"{OWN}/{PARTS}") if name.endswith(ENDING)]

    def _mirror(self, folder: Path, parts: list[str]) -> None:
        """What the manifest says, as files of this machine; the table last, as whoever makes it writes it first."""
        notes = [name for name in self._objects.names(OWN) if name.endswith(".json")]
        self._objects.fetch([f"{OWN}/{PARTS}/{part}" for part in parts], folder)
        self._objects.fetch([f"{OWN}/{name}" for name in (*notes, TABLE)], folder)


class BucketPart:
    """The part of the manifest that this process writes: see `unweave.batch.parts.Part`.

    Nothing can be appended to an object, so the last one is written anew with every row until it is large.
    """

    def __init__(self, objects: Objects, lease: Lease) -> None:
        self._objects, self._lease = objects, lease
        self._number, self._rows = 0, b""
        self._lock = threading.Lock()

    def add(self, row: Row) -> Row:
        """Append a row; it lies there when this returns.

        Raises:
            UnweaveError: it cannot be written.
        """
        with self._lock:
            if len(self._rows) > CHUNK:
                self._number, self._rows = self._number + 1, b""
            self._rows += row.line()
            self._objects.put(f"{OWN}/{PARTS}/{self._lease.name}.{self._number:06d}{ENDING}", self._rows)
        return row

    def __enter__(self) -> BucketPart:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lease.end()


def _life(part: str) -> str:
    """Whose sign of life goes with a part."""
    return part.partition(".")[0]


@contextlib.contextmanager
def _temporary(address: str) -> Iterator[Path]:
    try:
        with tempfile.TemporaryDirectory(prefix="unweave-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise UnweaveError(
            f"{tempfile.gettempdir()} is full: results are made there before they go to {address}. The disk is full; "
            "make room, or set TMPDIR to another folder."
        ) from error
