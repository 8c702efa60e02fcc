"""The tracks of a recording on a terminal: a line each, with a small picture of when they sound."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unweave.inference.report import Report, TrackInfo

WIDEST, NARROWEST = 80, 50
LEVEL, SHARE, PICTURE, GAPS = 9, 5, 26, 6
SHORTEST_NAME = 12  # letters; on a narrow terminal the picture gives way
BLOCKS, PLAIN = " ▁▂▃▄▅▆▇█", " .:-=+*##"


def track_lines(report: Report, width: int | None = None, blocks: str | None = None) -> list[str]:
    """A line for each track: its name, the share of the time that it sounds, its level, and when it sounds.

    Args:
        report: of one recording.
        width: of the terminal, in letters; None asks it. Lines are at most 80 long.
        blocks: nine letters, from nothing to all of the time; None chooses by what the terminal can write.
    """
    width = min(WIDEST, max(NARROWEST, width or shutil.get_terminal_size((WIDEST, 24)).columns))
    blocks = blocks or (BLOCKS if _can_write(BLOCKS) else PLAIN)
    picture = min(PICTURE, width - LEVEL - SHARE - GAPS - SHORTEST_NAME)
    room = width - LEVEL - SHARE - picture - GAPS
    seconds = float(report.input["seconds"])
    lines, group = [], ""
    groups = {track.file.rpartition("/")[0] for track in report.tracks}
    for track in report.tracks:
        here = track.file.rpartition("/")[0]
        if here != group and len(groups) > 1:
            lines.append(f"{here}:")
        group = here
        lines.append(_line(track, seconds, room, picture, blocks))
    return lines


def _line(track: TrackInfo, seconds: float, room: int, size: int, blocks: str) -> str:
    name = track.name if len(track.name) <= room else f"{track.name[: room - 3]}..."
    covered = _covered(track, seconds, size)
    share = f"{100 * sum(covered) / size:.0f} %" if track.events else ""
    level = "silent" if track.energy_db is None else f"{track.energy_db:.1f} dB"
    picture = "".join(blocks[max(1, round(8 * part)) if part else 0] for part in covered)
    return f"{name:<{room}}  {share:>{SHARE}}  {level:>{LEVEL}}  {picture}".rstrip()


def _covered(track: TrackInfo, seconds: float, size: int) -> list[float]:
    """How much of each of `size` parts of the recording is covered by events, 0 to 1."""
    parts = []
    for number in range(size):
        first, last = seconds * number / size, seconds * (number + 1) / size
        length = sum(max(0.0, min(event.end, last) - max(event.start, first)) for event in track.events)
        parts.append(min(1.0, length / max(last - first, 1e-9)))
    return parts


def _can_write(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
