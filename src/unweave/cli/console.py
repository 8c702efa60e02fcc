"""What the commands share: progress on standard error, tables on standard output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

WORDS, SENTENCE = 32, 20  # letters: what is no longer than this stays whole; the least room of what is


@contextmanager
def progress_bar(title: str, quiet: bool) -> Iterator[Callable[[float, float, str], None] | None]:
    """A bar with the time left, on a terminal only; gives the callback, or None where nothing is to be shown."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {}

        def show(done: float, total: float, what: str) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(f"{what} {title}", total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield show


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", named: bool = False) -> None:
    """A table for people on a terminal, lines with tabs for everything else.

    On a terminal names and figures stay whole, and only columns of sentences are broken into lines, at blanks. What is
    too wide for that is left to the terminal, which loses nothing.

    Args:
        header: names of the columns.
        rows: cells.
        title: above the table on a terminal.
        named: whether the names are the first line for everything else too, as figures need them.
    """
    if not sys.stdout.isatty():
        for row in [header, *rows] if named else rows:
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", box=None, header_style="bold", padding=(0, 2, 0, 0))
    needed = 0
    for column, name in enumerate(header):
        widest = max([len(name), *(len(row[column]) for row in rows)])
        table.add_column(name, no_wrap=widest <= WORDS, overflow="fold")
        needed += (widest if widest <= WORDS else SENTENCE) + 2
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    console.width = max(console.width, needed)
    console.print(table)


def print_json(value: Any) -> None:
    """A value as a line of JSON, which it stays on an output that is no UTF-8."""
    unicode = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not unicode))


def warn(message: str) -> None:
    """A line on standard error."""
    with suppress(OSError):  # nobody hears it, and there is nobody to tell that
        print(f"unweave: {' '.join(message.split())}", file=sys.stderr)


def if_heard(show: Callable[[], None]) -> bool:
    """Print something beside which the work itself matters, and go on if nobody can hear it.

    Returns:
        Whether all is well; a reader that has left is, an output that is full is not, and that is said.
    """
    try:
        show()
        sys.stdout.flush()
    except BrokenPipeError:
        mute()
    except OSError as error:
        mute()
        warn(f"Standard output cannot be written: {error.strerror}. What was made is in its place.")
        return False
    return True


def mute() -> None:
    """Let what is still printed go nowhere; Python would complain once more when it flushes at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def seconds(value: float) -> str:
    """A time as people read it: 3.2, 1:03.2, 1:00:03.2."""
    tenths = round(value * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest / 10:04.1f}"
    return f"{minutes}:{rest / 10:04.1f}" if minutes else f"{rest / 10:.1f}"
