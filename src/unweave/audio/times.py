"""Times as people write them: 62.5, 1:02.5, 1:00:03, and stretches like 1:02.5-1:04 or 90-."""

from __future__ import annotations

import math
import re

from unweave.errors import UnweaveError

_OPEN = ("", "-")
_NUMBER = re.compile(r"\d+([.,]\d*)?|[.,]\d+")
# The dashes that people and their keyboards put between two times.
_DASHES = re.compile(r"\s*(?:-|\u2010|\u2011|\u2012|\u2013|\u2014|\.\.)\s*")
_EXAMPLES = "Write seconds (62.5), minutes (1:02.5) or hours (1:00:03)."


def parse_time(text: str | float) -> float:
    """A time in s.

    Args:
        text: "62.5", "1:02.5", "1:00:03", "62.5s", with a point or a comma; or a number of seconds.

    Raises:
        UnweaveError: it is no time.
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        if not math.isfinite(text) or text < 0:
            raise UnweaveError(f"A time is a number of seconds from 0 on, not {text}.")
        return float(text)
    written = str(text).strip()
    parts = (written[:-1] if written.endswith("s") and ":" not in written else written).strip().split(":")
    *before, last = parts
    plain = all(part.isascii() and part.isdigit() and len(part) < 10 for part in before)
    if len(parts) > 3 or not plain or len(last) > 30 or not (last.isascii() and _NUMBER.fullmatch(last)):
        raise UnweaveError(f"{written!r} is no time. {_EXAMPLES}")
    values = [*map(float, before), float(last.replace(",", "."))]
    if any(value >= 60 for value in values[1:]):
        raise UnweaveError(f"{written!r} is no time: after a colon, 60 and more is the next minute or hour.")
    seconds = sum(value * 60.0 ** (len(values) - 1 - place) for place, value in enumerate(values))
    if seconds > 1e9:
        raise UnweaveError(f"{written!r} is no time of a recording: that is decades. {_EXAMPLES}")
    return seconds


def parse_end(text: str | float | None) -> float | None:
    """A time in s, or None for an open end: None, "" or "-".

    Raises:
        UnweaveError: it is no time.
    """
    return None if text is None or (isinstance(text, str) and text.strip() in _OPEN) else parse_time(text)


def parse_stretch(start: str | float | None, end: str | float | None) -> tuple[float, float | None]:
    """A stretch from two times (`--from`, `--to`), each of them open if it is None or "-".

    Returns:
        Start and end in s, the end None for that of the recording.

    Raises:
        UnweaveError: no times, or an end that does not come after the start.
    """
    first, last = parse_end(start) or 0.0, parse_end(end)
    if last is not None and last <= first:
        raise UnweaveError(f"A stretch ends after it begins; {format_time(first)} to {format_time(last)} does not.")
    return first, last


def parse_span(text: str) -> tuple[float, float | None]:
    """A stretch in one word (`--span`): "1.5-2.5", "1:02.5-1:04", "90-", "-4", or "-" for all.

    Returns:
        Start and end in s, the end None for that of the recording.

    Raises:
        UnweaveError: it is no stretch.
    """
    sides = _DASHES.split(text.strip())
    if len(sides) != 2:
        raise UnweaveError(f"{text!r} is no stretch of time; write its start and its end as 1.5-2.5 or 1:02-1:04.5.")
    return parse_stretch(sides[0], sides[1])


def format_time(seconds: float) -> str:
    """As a person would write it: 0:02.5, 1:02.5, 1:00:03; to the millisecond."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    second = f"{rest // 1000:02d}" + f".{rest % 1000:03d}".rstrip("0").rstrip(".")
    return f"{hours}:{minutes:02d}:{second}" if hours else f"{minutes}:{second}"
