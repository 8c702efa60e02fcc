"""Plain data from strangers: JSON read within bounds, faults as sentences."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unweave.errors import ModelFileError, UnweaveError
from unweave.regular import check_kind

if TYPE_CHECKING:
    from pydantic import ValidationError

LONGEST_TEXT = 20_000  # letters of one text
DEEPEST = 12  # lists and tables within each other
LARGEST = 2**53  # whole numbers that JSON carries exactly
_DIGITS = 20
_SHOWN = 60  # letters of a value in a sentence
# What pydantic calls things, and what people do.
_PLAINER = {
    "a valid dictionary": "a table",
    "a valid dictionary or instance of PartSpec": "a table",
    "an object": "a table",
    "a valid list": "a list",
    "a valid array": "a list",
    "a valid string": "text",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid boolean": "true or false",
}


class NotPlain(ValueError):
    """What is wrong with a text that should be JSON, to be put after its name."""


def read_json(path: Path, most_bytes: int) -> Any:
    """What a file of JSON holds: no key twice, no infinities, no text that is none, nothing endless.

    Raises:
        NotPlain: what is wrong with it.
        ModelFileError: no regular file.
        OSError: it cannot be read.
    """
    check_kind(path, "description", ModelFileError)
    with open(path, "rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise NotPlain(f"it is longer than {most_bytes:,} bytes")
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_int=_whole, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError:
        raise NotPlain("it is no text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotPlain(f"it is no JSON ({error.msg} in line {error.lineno})") from None
    except RecursionError:
        raise NotPlain("its lists and tables lie too deep within each other") from None
    check_plain(value)
    return value


def check_plain(value: Any) -> None:
    """Refuse plain data that is nested too deep, holds endless text, or numbers that are none.

    Raises:
        NotPlain: what is wrong with it.
    """
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        here, depth = waiting.pop()
        if depth > DEEPEST:
            raise NotPlain("its lists and tables lie too deep within each other")
        if isinstance(here, dict):
            waiting += [(one, depth + 1) for pair in here.items() for one in pair]
        elif isinstance(here, (list, tuple)):
            waiting += [(one, depth + 1) for one in here]
        elif isinstance(here, str):
            _check_text(here)
        elif isinstance(here, float) and not math.isfinite(here):
            raise NotPlain(f"{here} is no number")
        elif isinstance(here, int) and abs(here) > LARGEST:
            raise NotPlain("one of its numbers is beyond all bounds")
        elif here is not None and not isinstance(here, (int, float)):
            raise NotPlain(f"it holds a {type(here).__name__}")


def in_words(error: ValidationError) -> str:
    """The first fault that pydantic found: where, what is wanted, what is there."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if not _is_inner(part))
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, UnweaveError):
        return str(cause).rstrip(".")
    value = first["input"]
    if first["type"] == "missing":
        return f"{where or 'one item'} is missing"
    if first["type"] == "extra_forbidden":
        return f"{where} is unknown"
    if first["type"] == "string_pattern_mismatch":
        return f"{where} cannot be {shown(value)}"
    if first["type"] in ("too_short", "too_long"):
        few = first["type"] == "too_short"
        length = first["ctx"]["min_length" if few else "max_length"]
        return f"{where or 'it'} must have at {'least' if few else 'most'} {length} items, not {len(value)}"
    said = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    said = _PLAINER.get(said, said)
    return f"{where or 'it'} must be {said}, not {shown(value)}"


def shown(value: Any) -> str:
    """A value in a sentence: on one line and not too long."""
    text = ascii(value) if not isinstance(value, str) else ascii(value[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _is_inner(part: int | str) -> bool:
    """Names that pydantic gives to its own ways through unions and wrappers."""
    return isinstance(part, str) and ("[" in part or "-" in part)


def _check_text(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise NotPlain(f"one of its texts is longer than {LONGEST_TEXT:,} letters")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotPlain("one of its texts holds half a letter") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotPlain(f"it says {shown(twice)} twice")
    return table


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise NotPlain("one of its numbers is beyond all bounds")
    return int(digits)


def _refuse_constant(name: str) -> Any:
    raise NotPlain(f"{name} is no number")
