"""A campaign: what is missing or changed is handed out, what comes back is counted; it can end at any moment."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

from unweave.batch.hands import Hands, Outcome
from unweave.batch.inputs import Inputs
from unweave.batch.items import Item
from unweave.batch.job import Job
from unweave.batch.manifest import Known, Ledger
from unweave.batch.outputs import Writes, output_of
from unweave.batch.rows import AGAIN, DONE, FAILED, STARTED, Row
from unweave.batch.shard import Shard
from unweave.batch.stores import stamp_of
from unweave.batch.work import Task
from unweave.errors import UnweaveError
from unweave.networks import Progress

MOST_ENDS = 10  # processes in a row that were gone while they worked on one item
NOTED = 5.0  # s between notes of how far it is
AGAIN_AFTER = 3.0  # s between looks at what somebody else is at
MANY_PARTS = 64  # from which on they are put together before the work, too
RUN = "run-"


@dataclass
class Summary:
    """How it went.

    Attributes:
        total: items of this shard.
        before: that were done when it began.
        done: that this run did.
        failed: that are given up, also those of earlier runs.
        elsewhere: that another run is at.
        ended: whether it came to its end.
    """

    total: int = 0
    before: int = 0
    done: int = 0
    failed: int = 0
    elsewhere: int = 0
    ended: bool = False


@dataclass
class Campaign:
    """All that a run needs.

    Args:
        job: what is done to every item.
        inputs: the items.
        shard: those of them that are this run's.
        retry: whether those that have failed get another chance.
        tell: called with the row of every item that is done or given up.
        progress: called with (done, total, "files").
    """

    job: Job
    inputs: Inputs
    shard: Shard = field(default_factory=Shard)
    retry: bool = False
    tell: Callable[[Row], None] = lambda row: None
    progress: Progress | None = None

    def run(self, hands: Hands) -> Summary:
        """Do what is to be done.

        Args:
            hands: that do it; they are closed at the end.

        Raises:
            UnweaveError: inputs or output cannot be used, or nothing can be written any more. What was done is done.
        """
        self._output = output_of(self.job.out)
        with contextlib.closing(hands), self._output.part() as part:
            self._output.compact(MANY_PARTS)
            self._begin(part)
            in_hand, until = 0, 0.0
            while True:
                while hands.room() and (task := self._next()) is not None:
                    hands.give(task)
                    in_hand += 1
                if not in_hand:
                    # Once more at least: another run may be done with them, or gone.
                    if not self._elsewhere or (until and time.monotonic() >= until):
                        break
                    if until:
                        time.sleep(AGAIN_AFTER)
                    until = until or time.monotonic() + self._output.patience
                    self._later.extend(self._elsewhere)
                    self._elsewhere.clear()
                    continue
                for outcome in hands.take():
                    in_hand -= 1
                    self._settle(outcome)
                self._note(NOTED)
            self.summary.elsewhere, self.summary.ended = len(self._elsewhere), True
            self._note()
        self._output.compact()
        return self.summary

    def _begin(self, part: Writes) -> None:
        with self._output.manifest() as folder:
            self.summary, self._ledger, self._part = Summary(), Ledger.read(folder), part
        self._later: deque[Task] = deque()
        self._elsewhere: list[Task] = []
        self._started, self._noted = time.time(), 0.0
        names: set[int] = set()
        for item in self.inputs:
            if len(self.inputs.sources) > 1 and (item.key in names or names.add(item.key)):  # type: ignore[func-returns-value]
                raise UnweaveError(
                    f"Two inputs are both called {item.name}, the second one is {item.path}; do them one after the "
                    "other, each with an output of its own."
                )
            self.summary.total += item in self.shard
        self._fresh = self._find()
        self._note()

    def _next(self) -> Task | None:
        """What is done next: what nobody has tried yet comes before what has gone wrong."""
        task = next(self._fresh, None)
        return self._later.popleft() if task is None and self._later else task

    def _find(self) -> Iterator[Task]:
        """Items that are to be done and were not begun yet; the others of those wait."""
        for item in self.inputs:
            if item not in self.shard:
                continue
            known, stamp = self._ledger.known(item.key), self._stamp(item)
            if known is None:
                yield Task(item)
            elif known.state == DONE and known.stamp == stamp and self._is_there(item, stamp):
                self.summary.before += 1
            elif known.state == FAILED and known.stamp == stamp and not self.retry:
                self.summary.failed += 1
            elif known.state in (DONE, FAILED) or known.stamp != stamp:
                yield Task(item, known.number)
            elif known.state == STARTED and known.ends >= MOST_ENDS:
                self._give_up(Task(item, known.number, known.tries), known)
            else:
                self._later.append(Task(item, known.number, known.tries, known.ends))

    def _stamp(self, item: Item) -> str:
        try:
            return self.job.stamp(item, *(item.stamp or stamp_of(item.path)))
        except (OSError, ValueError):
            return ""

    def _is_there(self, item: Item, stamp: str) -> bool:
        """Whether the results lie in their place, or where they lay before something came that is called alike."""
        if self._output.has(item.place):
            return True
        receipt = self._output.receipt(item.other)
        return receipt is not None and (receipt.name, receipt.stamp) == (item.name, stamp)

    def _settle(self, outcome: Outcome) -> None:
        task, row = outcome.task, outcome.row
        if outcome.stopped is not None:
            raise UnweaveError(outcome.stopped)
        if outcome.died is not None:
            tries = task.tries + outcome.alone
            state = FAILED if tries >= self.job.tries else AGAIN
            words = f"The process that worked on it was gone ({outcome.died}): killed, out of memory, or a bad file."
            row = self._part.add(task.row(state, tries=tries, ends=1, error=words, stamp=self._stamp(task.item)))
        if row is None:
            self._elsewhere.append(task)
        elif row.state == AGAIN:
            self._later.append(Task(task.item, row.number, row.tries, row.ends))
        else:
            self._count(row)

    def _give_up(self, task: Task, known: Known) -> None:
        words = f"{known.ends} processes in a row were gone while they worked on it; --retry-failed tries it again."
        self._count(self._part.add(task.row(FAILED, error=words, stamp=known.stamp)))

    def _count(self, row: Row) -> None:
        self.summary.done += row.state == DONE
        self.summary.failed += row.state == FAILED
        self.tell(row)
        if self.progress is not None:
            self.progress(self.summary.before + self.summary.done + self.summary.failed, self.summary.total, "files")

    def _note(self, every: float = 0.0) -> None:
        """Say on disk how far this run is, for `unweave status`."""
        now = time.time()
        if now - self._noted < every:
            return
        self._noted = now
        about = {"shard": str(self.shard), "started": self._started, "updated": now, "verb": self.job.verb}
        about |= {"host": socket.gethostname(), "process": os.getpid(), "settings": self.job.settings}
        name = f"{RUN}{str(self.shard).replace('/', 'of')}.json"
        self._output.note(name, json.dumps(about | asdict(self.summary), indent=1) + "\n")
