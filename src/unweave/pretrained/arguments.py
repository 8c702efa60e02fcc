"""What a part may be built of when a stranger's description asks for it: the types that it wants, within bounds.

The types are read off the builder's signature, so that a new part has nothing to declare. How large a network may get
follows from its weights (`unweave.pretrained.outline`); the bounds here keep each number sensible by itself.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from unweave.errors import ModelFileError
from unweave.strict import NotPlain, check_plain, in_words, shown

# Smallest and largest whole number, by the argument's name.
WHOLE = {
    "classes": (1, 100_000),
    "sample_rate": (1_000, 384_000),
    "window_size": (4, 65_536),
    "hop": (1, 65_536),
    "bottleneck": (0, 65_536),
}
ANY_WHOLE = (1, 65_536)
ANY_REAL = 1e6
LONGEST_LIST = 64
NAMES_A_FILE = "weights"  # an argument of this name says what to read; no description may


def check_arguments(kind: str, name: str, builder: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that the builder does not take, of another type, out of bounds, or that name a file.

    Args:
        kind: of the part, as people call it.
        name: of the part, as registered.
        builder: what the registry would call.
        arguments: from a description.

    Raises:
        ModelFileError: the reason.
    """
    try:
        check_plain(arguments)
    except NotPlain as fault:
        raise ModelFileError(f"The {kind} {name!r} cannot be built: {fault}.") from fault
    if _asks_for_a_file(arguments):
        raise ModelFileError(
            f"The {kind} {name!r} asks for a file of weights; a model has all of its weights in its own folder."
        )
    parameters = inspect.signature(builder).parameters
    open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    named = {key: one for key, one in parameters.items() if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    if not open_ended and (strange := [key for key in arguments if key not in named]):
        raise ModelFileError(f"The {kind} {name!r} takes no {shown(strange[0])}, but {', '.join(named) or 'nothing'}.")
    if lacking := [key for key, one in named.items() if one.default is one.empty and key not in arguments]:
        raise ModelFileError(f"The {kind} {name!r} cannot be built without its {lacking[0]}.")
    hints = _hints(builder)
    for key, value in arguments.items():
        adapter: TypeAdapter[Any] = TypeAdapter(_bounded(hints.get(key, Any), key, value))
        try:
            adapter.validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            raise ModelFileError(f"The {kind} {name!r} cannot be built of its {key}: {in_words(error)}.") from error


def _asks_for_a_file(value: Any) -> bool:
    if isinstance(value, Mapping):
        return NAMES_A_FILE in value or any(_asks_for_a_file(one) for one in value.values())
    return isinstance(value, list) and any(_asks_for_a_file(one) for one in value)


def _hints(builder: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(builder.__init__ if inspect.isclass(builder) else builder)
    except (NameError, TypeError):  # types that are only there for checkers
        return {}


def _bounded(hint: Any, key: str, value: Any) -> Any:
    """The same type with bounds for each number, text and list in it; what has no type is bounded by what it is."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if hint is bool or hint is type(None):
        return hint
    if hint is int:
        low, high = WHOLE.get(key, ANY_WHOLE)
        return Annotated[int, Field(ge=low, le=high)]
    if hint is float:
        return Annotated[float, Field(ge=-ANY_REAL, le=ANY_REAL, allow_inf_nan=False)]
    if hint is str:
        return Annotated[str, Field(max_length=100)]
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_bounded(one, key, value) for one in inside)]  # noqa: UP007
    if origin is tuple and Ellipsis not in inside:
        return tuple[tuple(_bounded(one, key, value) for one in inside)]  # type: ignore[misc]
    if origin in (list, tuple, Sequence):
        return Annotated[list[_bounded(inside[0], key, value)], Field(min_length=1, max_length=LONGEST_LIST)]  # type: ignore[misc]
    if origin in (dict, Mapping):
        return Annotated[dict[str, Any], Field(max_length=LONGEST_LIST)]
    return _of_value(value, key)


def _of_value(value: Any, key: str) -> Any:
    if isinstance(value, (bool, type(None))):
        return Any
    if isinstance(value, (int, float, str)):
        return _bounded(type(value), key, value)
    if isinstance(value, list) and value:
        return _bounded(list[type(value[0]) if isinstance(value[0], (int, float, str)) else Any], key, None)  # type: ignore[misc]
    return Any
