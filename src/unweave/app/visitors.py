"""Who is here, what is theirs, and when it is deleted."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from unweave.app.folders import remove, size_of
from unweave.app.limits import Limits
from unweave.app.refusals import Refused, not_found
from unweave.app.things import Job, Upload

Clock = Callable[[], float]


def new_id() -> str:
    """One that nobody can guess: 192 bits."""
    return secrets.token_urlsafe(24)


@dataclass(eq=False)
class Visitor:
    """Somebody, or something that was made without a cookie.

    Attributes:
        key: what the cookie says; None for what belongs to whoever knows its address.
        user: by which the queue is fair.
        folder: of all that is theirs; made when it is needed.
        seen: when they last asked for something, on the clock of `Visitors`.
        left: when they left the page; None while they are there.
        watching: how many streams of events and uploads they have open.
    """

    key: str | None
    user: str
    folder: Path
    seen: float
    left: float | None = None
    watching: int = 0
    uploads: dict[str, Upload] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)

    def new_folder(self, name: str) -> Path:
        """A private folder for a thing of theirs."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        place = self.folder / name
        place.mkdir(mode=0o700)
        return place

    @property
    def size(self) -> int:
        """Bytes of all their files."""
        return size_of(self.folder)


class Visitors:
    """All of them; every method may be called from any thread.

    Args:
        root: folder for theirs.
        limits: how many, and how long their files are kept.
        clock: in s.
    """

    def __init__(self, root: Path, limits: Limits, clock: Clock = time.monotonic) -> None:
        self._root, self._limits, self._clock = root, limits, clock
        self._all: dict[str, Visitor] = {}
        self._lock = threading.RLock()

    def new(self, user: str, cookie: bool) -> Visitor:
        """A visitor, with a cookie or without.

        Raises:
            Refused: too many are here.
        """
        with self._lock:
            if len(self._all) >= self._limits.visitors:
                raise Refused("Too many people are here just now; try again later.", 429, "too_many", retry=300)
            name = new_id()
            key = f"{name}.{secrets.token_urlsafe(32)}" if cookie else None
            visitor = Visitor(key, name if cookie else user, self._root / new_id(), self._clock())
            self._all[name] = visitor
            return visitor

    def of(self, cookie: str | None) -> Visitor | None:
        """Whose cookie this is; they are here now."""
        if cookie is None or not cookie.isascii():
            return None
        with self._lock:
            visitor = self._all.get(cookie.partition(".")[0])
            if visitor is None or visitor.key is None or not hmac.compare_digest(visitor.key, cookie):
                return None
            self.touch(visitor)
            return visitor

    def seen(self, visitor: Visitor) -> None:
        """They were there until now; whether they left is another matter."""
        visitor.seen = self._clock()

    def touch(self, visitor: Visitor) -> None:
        """They asked for something."""
        visitor.seen, visitor.left = self._clock(), None

    def leave(self, visitor: Visitor) -> None:
        """They have closed the page."""
        visitor.left = self._clock()

    def upload(self, id: str, mine: Visitor | None) -> tuple[Visitor, Upload]:
        """An upload that this visitor may use.

        Raises:
            Refused: there is none.
        """
        owner = self._owner(id, mine)
        if owner is None or id not in owner.uploads:
            raise not_found("recording")
        return owner, owner.uploads[id]

    def job(self, id: str, mine: Visitor | None) -> tuple[Visitor, Job]:
        """The same for a job."""
        owner = self._owner(id, mine)
        if owner is None or id not in owner.jobs:
            raise not_found("job")
        return owner, owner.jobs[id]

    def _owner(self, id: str, mine: Visitor | None) -> Visitor | None:
        with self._lock:
            for visitor in self._all.values():
                if (id in visitor.uploads or id in visitor.jobs) and (visitor is mine or visitor.key is None):
                    self.touch(visitor)
                    return visitor
            return None

    def remove(self, visitor: Visitor) -> None:
        """They are gone; their things must have been ended."""
        with self._lock:
            self._all = {name: one for name, one in self._all.items() if one is not visitor}
        remove(visitor.folder)

    def stale(self) -> list[Visitor]:
        """Those whose time is over: they left, or nothing was heard of them for long."""
        now, limits = self._clock(), self._limits
        with self._lock:
            return [
                one
                for one in self._all.values()
                if (one.left is not None and now - one.left > limits.leave_seconds)
                or (not one.watching and not self._busy(one) and now - one.seen > self._patience(one))
            ]

    def same(self, visitor: Visitor) -> list[Visitor]:
        """All that count as one user with this one, itself too."""
        return [one for one in self.every() if one.user == visitor.user]

    def every(self) -> list[Visitor]:
        """All of them."""
        with self._lock:
            return list(self._all.values())

    def _patience(self, visitor: Visitor) -> float:
        """Who has nothing here loses nothing, and whoever asks for a thousand cookies must not keep others out."""
        has = visitor.uploads or visitor.jobs
        return self._limits.keep_seconds if has else min(self._limits.keep_seconds, self._limits.leave_seconds)

    @staticmethod
    def _busy(visitor: Visitor) -> bool:
        return any(not job.ended for job in list(visitor.jobs.values()))
