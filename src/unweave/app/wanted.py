"""What a request asks for, checked: the arguments of `Model.separate_file` or `Model.remix_file`, without any path."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from unweave.app.limits import MOST_ASKED
from unweave.app.refusals import Refused
from unweave.asking import all_ways, asked
from unweave.audio.times import parse_stretch
from unweave.errors import UnweaveError
from unweave.inference.options import Options, Output

Kind = Literal["separate", "change"]
Find = Callable[[str], "Path | None"]
CHANGES = ("remove", "keep", "gain")
_PART = ("start", "end")
_OPTIONS = (*_PART, "threshold", "residual", "max_tracks", "strength", "quality")
_OUTPUT = ("format", "subtype")
_LONGEST_TEXT = 500
_OTHER_NAMES = {"not": "not_"}


@dataclass(frozen=True)
class Wanted:
    """A checked request.

    Attributes:
        kind: of the job.
        model: the name of one, or None for the first.
        arguments: by the names of the arguments; examples are paths that `find` gave.
    """

    kind: Kind
    model: str | None
    arguments: dict[str, Any]


def read_options(text: str | bytes) -> dict[str, Any]:
    """The options of a form, in JSON.

    Raises:
        Refused: they are none.
    """
    try:
        options = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise bad('The options are no JSON; write them like {"level": 1}.') from error
    if not isinstance(options, dict):
        raise bad('The options are an object, like {"level": 1}.')
    return options


def understand(options: dict[str, Any], find: Find) -> Wanted:
    """Check what is asked.

    Args:
        options: as they came.
        find: gives the path of an upload by its id; None for what is the id of none that this visitor may use.

    Raises:
        Refused: they make no sense, in a sentence.
    """
    given = {_OTHER_NAMES.get(name, name): value for name, value in options.items() if value is not None}
    model = given.pop("model", None)
    if model is not None and not isinstance(model, str):
        raise bad("The model is given by its name.")
    ways = {way.look.argument: way for way in all_ways()}
    _check_names(given, [*ways, *CHANGES, *_OPTIONS, *_OUTPUT])
    for name, value in given.items():
        _check_size(name, value)
    arguments = {
        name: _examples(value, find) if name in ways and ways[name].look.kind is Path else value
        for name, value in given.items()
    }
    for name in ("not_", *CHANGES):
        if name in arguments:
            arguments[name] = _sounds(name, arguments[name], find)
    changes = [name for name in CHANGES if name in arguments]
    try:
        return Wanted(_check(arguments, changes, list(ways)), model, arguments)
    except UnweaveError as error:
        raise bad(str(error)) from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise bad(f"The options cannot be understood ({error}).") from error


def bad(sentence: str) -> Refused:
    """What was asked cannot be done."""
    return Refused(sentence, 400, "bad_options")


def _check(arguments: dict[str, Any], changes: list[str], ways: list[str]) -> Kind:
    """What Python users would be told; where a model or the recording is needed for that, the worker tells it."""
    Output.of(arguments.get("format"), arguments.get("subtype"))
    asks = {name: arguments[name] for name in ways if name in arguments}
    options = {name: arguments[name] for name in _OPTIONS if name in arguments and name not in _PART}
    if not isinstance(options.get("residual", True), bool):
        raise UnweaveError("residual is true or false.")
    Options(asked(asks), part=parse_stretch(arguments.get("start"), arguments.get("end")), **options)
    if not changes:
        return "separate"
    if len(changes) > 1:
        raise UnweaveError(f"{' and '.join(changes)} exclude each other; give one of them.")
    fitting = (*changes, *_OUTPUT, *_PART, "threshold", "strength", "quality", "not_")
    others = [name for name in arguments if name not in fitting]
    if others:
        raise UnweaveError(f"{changes[0]} changes the recording itself and does not go with {others[0]}.")
    return "change"


def _check_names(given: dict[str, Any], known: list[str]) -> None:
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise bad(f"There is no option {name[:60]!r}; there are {', '.join(known)}, model.{hint}")


def _check_size(name: str, value: Any) -> None:
    """No more of anything than somebody can mean."""
    if isinstance(value, (list, dict)):
        if len(value) > MOST_ASKED:
            raise bad(f"{len(value)} values of {name} are too many; up to {MOST_ASKED} can be asked for at once.")
        for one in [*value, *value.values()] if isinstance(value, dict) else value:
            _check_size(name, one)
    elif isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise bad(f"A value of {name} is longer than {_LONGEST_TEXT} letters; write less.")


def _examples(value: Any, find: Find) -> list[Path]:
    """Uploads by their ids."""
    paths = []
    for one in value if isinstance(value, list) else [value]:
        path = find(one) if isinstance(one, str) else None
        if path is None:
            raise bad("An example is an upload, given by its id; upload the sound first (POST /api/uploads).")
        paths.append(path)
    return paths


def _sounds(name: str, value: Any, find: Find) -> Any:
    """WHATs, in which an id stands for an upload."""
    if name == "gain":
        if not isinstance(value, dict):
            raise bad('gain is an object of dB by sound, like {"Dog": -12}.')
        return {find(what) or what: db for what, db in value.items()}
    several = value if isinstance(value, list) else [value]
    if not all(isinstance(what, str) for what in several):
        raise bad(f'{name.strip("_")} takes sounds: a class, a stretch such as "1:02-1:04.5", or the id of an upload.')
    return [find(what) or what for what in several]
