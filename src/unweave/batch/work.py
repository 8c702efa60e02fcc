"""One item from its claim to its row; the same on one machine, on a job array and on a cluster.

Results and the row that tells of them come into place in one step: the folder is renamed with the row in it
(`RECEIPT`). A process that is killed before has done nothing, one that is killed after has done it, and whoever comes
next finds the row in the folder and brings it into the manifest.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unweave.atomic import check_target, complete_folder
from unweave.batch.items import Item
from unweave.batch.job import Job
from unweave.batch.parts import Part
from unweave.batch.rows import AGAIN, DONE, FAILED, RELEASED, STARTED, Row
from unweave.batch.stores import fetched, stamp_of
from unweave.claims import Held
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.model import Model

RECEIPT = ".done.json"
TRACKS = "tracks.json"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class Stopped(UnweaveError):
    """Nothing more can be written, so that going on would only make failures."""


@dataclass(frozen=True)
class Task:
    """An item to be done, with what the manifest knows of it: see `unweave.batch.rows.Row`."""

    item: Item
    number: int = 0
    tries: int = 0
    ends: int = 0

    @property
    def careful(self) -> bool:
        """Whether it has gone wrong before."""
        return bool(self.tries or self.ends)

    def row(self, state: str, **more: Any) -> Row:
        """A row of this try."""
        item = self.item
        number = self.number + (1 if state == STARTED else 2)
        own: dict[str, Any] = {"host": socket.gethostname(), "process": os.getpid(), "tries": self.tries, **more}
        return Row(item.name, item.path, item.place, state, number, **own)


class Worker:
    """Does items one after the other; the model is loaded with the first one.

    Args:
        job: what is done.
        part: of the manifest, this process's own.
        model: if it is loaded already.
    """

    def __init__(self, job: Job, part: Part, model: Model | None = None) -> None:
        self.job, self.part, self._model = job, part, model

    def do(self, task: Task) -> Row | None:
        """Do an item, unless it is done.

        Returns:
            What became of it; None if another run has it.

        Raises:
            Stopped: nothing can be written any more.
        """
        size, stamp, mine = None, "", task
        try:
            size, modified = stamp_of(task.item.path)
            stamp = self.job.stamp(task.item, size, modified)
            common = {
                "stamp": stamp,
                "settings": self.job.settings,
                "model": self.job.weights,
                "size": size,
                "modified": round(modified / 1e9, 3),
            }
            self._look(task.item, stamp)
            with self._claimed(task.item) as folder:
                receipt = self._look(task.item, stamp)  # again: it may have been done in between
                mine = replace(task, number=max(task.number, receipt.number if receipt else 0))
                self.part.add(mine.row(STARTED, ends=task.ends + 1, stamp=stamp))
                row = mine.row(DONE, **common, **self._make(task.item, folder))
                (folder / RECEIPT).write_bytes(row.line())
            return self.part.add(row)
        except _Done as done:
            return self.part.add(done.row)  # under the same `id`, should it be there already
        except Held:
            return None
        except KeyboardInterrupt:
            with contextlib.suppress(UnweaveError):
                self.part.add(mine.row(RELEASED, stamp=stamp, ends=task.ends))
            raise
        except Exception as error:
            return self._failed(mine, stamp, size, error)

    def target(self, item: Item) -> Path:
        """The folder of an item's results."""
        return Path(self.job.out, *item.place.split("/"))

    def _look(self, item: Item, stamp: str) -> Row | None:
        """The row of results that are there and not what is wanted."""
        receipt = read_receipt(self.target(item))
        if receipt is not None and receipt.name == item.name and receipt.stamp == stamp:
            raise _Done(receipt)
        return receipt

    def _claimed(self, item: Item) -> contextlib.AbstractContextManager[Path]:
        target = self.target(item)
        receipt = read_receipt(target)
        if receipt is not None and receipt.name != item.name:
            raise UnweaveError(
                f"{target} holds the results of {receipt.path}; choose another folder for those of {item.path} with -o."
            )
        mark = RECEIPT if receipt is not None or not self.job.overwrite else TRACKS
        check_target(target, mark, overwrite=receipt is not None or self.job.overwrite, inputs=[Path(item.path)])
        return complete_folder(target, True, mark, _written)

    def _make(self, item: Item, folder: Path) -> dict[str, Any]:
        """The results of an item, into its new folder; what the row says of them."""
        from unweave.batch.results import separated, tagged

        if self._model is None:
            self._model = self.job.load()
        began = time.monotonic()
        make = tagged if self.job.verb == "tag" else separated
        with fetched(item.path) as local:
            found = make(self._model, self.job, item, local, folder)
        return {**found, "took": round(time.monotonic() - began, 3)}

    def _failed(self, task: Task, stamp: str, size: int | None, error: Exception) -> Row:
        causes = [error, error.__cause__, error.__context__]
        if any(isinstance(one, OSError) and one.errno in _FULL for one in causes):
            with contextlib.suppress(UnweaveError):
                self.part.add(task.row(RELEASED, stamp=stamp))
            raise Stopped(str(error)) from error
        words = str(error) if isinstance(error, UnweaveError) else f"{type(error).__name__}: {error}"
        if isinstance(error, FileNotFoundError):
            words = f"There is no file {task.item.path}; check the name and the folder."
        # What is wrong with the file itself will be so next time.
        final = isinstance(error, (UnweaveError, FileNotFoundError)) and not isinstance(error.__cause__, OSError)
        state = FAILED if final or task.tries + 1 >= self.job.tries else AGAIN
        more = {"settings": self.job.settings, "model": self.job.weights, "size": size, "stamp": stamp}
        return self.part.add(task.row(state, error=" ".join(words.split())[:2000], **more | {"tries": task.tries + 1}))


class _Done(Exception):
    """Somebody else has done it."""

    def __init__(self, row: Row) -> None:
        self.row = row


def read_receipt(target: Path) -> Row | None:
    """The row that lies with the results of an item; None where there are none that are whole."""
    try:
        return Row.of((target / RECEIPT).read_bytes())
    except (OSError, ValueError):
        return None


def _written(folder: Path) -> set[str]:
    """Which files of a folder a campaign made: those go when it is made again, others stay."""
    receipt = read_receipt(folder)
    names = {RECEIPT, TRACKS, "events.csv", "labels.txt", "overview.png", "tags.json"}
    return names | {str(track.get("file")) for track in (receipt.tracks if receipt else [])}
