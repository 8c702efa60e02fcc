"""Claims on a store, which has no locks: an object that can be created but once, and a sign of life of who made it.

A process that works on a store renews an object of its own every `BEAT`. Who has not done so for a `LEASE`, by the
store's clock, counts as gone, and what it had claimed is free; on the machine on which it ran, that is known at once.
Nobody ever takes a claim away from another: a dead one's is followed by the next in number, which again only one can
create.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unweave.batch.items import OWN
from unweave.batch.objects import Objects
from unweave.claims import Held
from unweave.errors import UnweaveError

BEAT, LEASE = 15.0, 90.0  # s
ALIVE, CLAIMS = f"{OWN}/alive", f"{OWN}/claims"


@dataclass
class Claim:
    """That this process alone is at something.

    Attributes:
        inherited: somebody was at it before and is gone: what lies there may be half of what was to be.
        is_mine: asks whether nobody took this process for dead and came after it; a process may stand still for long.
        torn: half of something lies there now, and whoever comes next must know.
    """

    inherited: bool
    is_mine: Callable[[], bool]
    torn: bool = False


class Lease:
    """The sign of life of this process on a store, and its claims. It ends with `end`, or with the process.

    Args:
        objects: the store.

    Raises:
        UnweaveError: nothing can be written there.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        host = "".join(c if c.isalnum() else "-" for c in socket.gethostname())[:40]
        self.name = f"{stamp}-{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._owner = {"life": self.name, "host": socket.gethostname(), "process": os.getpid()}
        self._owner |= {"machine": _machine(), "began": _began(os.getpid())}
        self._over = threading.Event()
        self._beat()
        self._thread = threading.Thread(target=self._live, name="lease", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over.is_set()

    def end(self) -> None:
        """Be gone."""
        self._over.set()
        self._thread.join()
        with contextlib.suppress(UnweaveError):
            self._objects.remove([f"{ALIVE}/{self.name}"])

    @contextlib.contextmanager
    def claim(self, key: str, what: str, place: str = "") -> Iterator[Claim]:
        """Be the only one at something.

        Args:
            key: of it, a word.
            what: for the sentence.
            place: that is written to, for `sweep`.

        Raises:
            Held: another process is at it.
        """
        folder, number = f"{CLAIMS}/{key}", 0
        line = json.dumps(self._owner | {"place": place, "once": secrets.token_hex(8)}).encode()
        while not self._objects.create(f"{folder}/{number:06d}", line):
            numbers = self._numbers(folder)
            if not numbers:  # it was given back in this moment
                continue
            owner = self._read(f"{folder}/{max(numbers):06d}")
            if owner is not None and self.lives(owner):
                who = f"process {owner.get('process')} on {str(owner.get('host'))[:60]}"
                raise Held(f"{what} is being written by another run ({who}). Wait until it is done.")
            number = max(numbers) + 1
        claim = Claim(number > 0, lambda: self._numbers(folder)[-1:] == [number])
        try:
            yield claim
        finally:
            with contextlib.suppress(UnweaveError):
                if claim.torn:
                    self._objects.put(f"{folder}/{number:06d}", b"{}")  # that of nobody
                else:
                    self._give_back(folder, number)

    def sweep(self, is_done: Callable[[str], bool]) -> None:
        """Take away the claims of those who died when all was done but to give them back.

        Args:
            is_done: whether that is so in a place.
        """
        for folder in [f"{CLAIMS}/{key}" for key in self._objects.names(CLAIMS)]:
            names = sorted(self._objects.names(folder))
            owner = self._read(f"{folder}/{names[-1]}") if names else None
            if owner and owner.get("place") and not self.lives(owner) and is_done(str(owner["place"])):
                self._objects.remove([f"{folder}/{name}" for name in names])

    def lives(self, owner: dict[str, Any]) -> bool:
        """Whether a process that left its sign is still there."""
        if owner.get("life") == self.name:
            return True
        process = owner.get("process")
        if owner.get("machine") == self._owner["machine"] and owner.get("began") and isinstance(process, int):
            return _began(process) == str(owner["began"])
        return self.is_fresh(str(owner.get("life")))

    def is_alive(self, life: str) -> bool:
        """The same, by the name of its sign."""
        owner = self._read(f"{ALIVE}/{life}")
        return owner is not None and self.lives(owner)

    def is_fresh(self, life: str) -> bool:
        """Whether a sign of life was renewed not long ago."""
        theirs = self._read(f"{ALIVE}/{life}")
        if theirs is None:
            return False
        at = self._objects.time_of(f"{ALIVE}/{life}")
        if at is None:  # a store without a clock: theirs must do
            at, now = float(theirs.get("at", 0.0)), time.time()
        else:
            self._beat()
            now = self._objects.time_of(f"{ALIVE}/{self.name}") or time.time()
        return now - at < LEASE

    def _give_back(self, folder: str, number: int) -> None:
        # With ours away first, whoever came next would count from the beginning, beside one who follows the dead.
        numbers = self._numbers(folder)
        if numbers and numbers[-1] == number:
            self._objects.remove([f"{folder}/{one:06d}" for one in numbers])

    def _numbers(self, folder: str) -> list[int]:
        return sorted(int(name) for name in self._objects.names(folder) if name.isdecimal())

    def _read(self, name: str) -> dict[str, Any] | None:
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(self._objects.get(name) or b"")
            return found if isinstance(found, dict) else None
        return None

    def _beat(self) -> None:
        self._objects.put(f"{ALIVE}/{self.name}", json.dumps(self._owner | {"at": time.time()}).encode())

    def _live(self) -> None:
        while not self._over.wait(BEAT):
            with contextlib.suppress(UnweaveError):  # the next one may come through
                self._beat()


def _machine() -> str:
    """What a machine, and what numbers its processes, is called until it is started again; empty if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except (OSError, ValueError):
        return ""


def _began(process: int) -> str:
    """When a process of this machine began, in ticks; empty if it is gone or this is not known here."""
    try:
        words = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if words[0] == "Z" else words[19]
    except (OSError, IndexError):
        return ""
