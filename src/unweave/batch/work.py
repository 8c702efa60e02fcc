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

from unweave.batch.folder import RECEIPT
from unweave.batch.items import Item
from unweave.batch.job import Job
from unweave.batch.objects import StoreError
from unweave.batch.outputs import Output, Writes, output_of
from unweave.batch.rows import AGAIN, DONE, FAILED, RELEASED, STARTED, Row
from unweave.batch.stores import fetched, stamp_of
from unweave.claims import Held
from unweave.errors import FULL, UnweaveError

if TYPE_CHECKING:
    from unweave.model import Model

_FOR_ALL = (*FULL, errno.EROFS)  # no other file would fare better


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
        output: where results go, that of `part`.
    """

    def __init__(self, job: Job, part: Writes, model: Model | None = None, output: Output | None = None) -> None:
        self.job, self.part, self._model = job, part, model
        self.output = output or output_of(job.out)

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
            with self.output.making(task.item, self.job.overwrite) as folder:
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
        receipt = self.output.receipt(item.place)
        if receipt is not None and receipt.name == item.name and receipt.stamp == stamp:
            raise _Done(receipt)
        return receipt

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
        lasting = isinstance(error, StoreError) and error.lasting  # no file would fare better
        if lasting or any(isinstance(one, OSError) and one.errno in _FOR_ALL for one in causes):
            with contextlib.suppress(UnweaveError):
                self.part.add(task.row(RELEASED, stamp=stamp))
            raise Stopped(str(error)) from error
        words = str(error) if isinstance(error, UnweaveError) else f"{type(error).__name__}: {error}"
        if isinstance(error, FileNotFoundError):
            words = f"There is no file {task.item.path}; check the name and the folder."
        # What is wrong with the file itself will be so next time.
        passing = isinstance(error, StoreError) or isinstance(error.__cause__, OSError)
        final = isinstance(error, (UnweaveError, FileNotFoundError)) and not passing
        state = FAILED if final or task.tries + 1 >= self.job.tries else AGAIN
        more = {"settings": self.job.settings, "model": self.job.weights, "size": size, "stamp": stamp}
        return self.part.add(task.row(state, error=" ".join(words.split())[:2000], **more | {"tries": task.tries + 1}))


class _Done(Exception):
    """Somebody else has done it."""

    def __init__(self, row: Row) -> None:
        self.row = row
