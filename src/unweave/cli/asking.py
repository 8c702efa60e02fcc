"""Options of a command for every way of asking there is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from unweave.asking import Look, all_ways

PLACE = "asked"  # the argument of a command that the options stand in for


def with_ways(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command an option for each way of asking, in place of its argument `asked`.

    Args:
        command: for typer; its `asked` gets what was given, by the arguments of `Model.separate`.
    """
    looks = [way.look for way in all_ways()]

    @functools.wraps(command)
    def run(**arguments: Any) -> int:
        given = {look.argument: arguments.pop(look.argument) or None for look in looks}
        return command(**{PLACE: given}, **arguments)

    signature = inspect.signature(command, eval_str=True)
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += [_parameter(look) for look in looks] if parameter.name == PLACE else [parameter]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameter(look: Look) -> inspect.Parameter:
    option = typer.Option(look.option, metavar=look.metavar, help=look.help)
    kind = Annotated[list[look.kind] | None, option]  # type: ignore[name-defined]
    return inspect.Parameter(look.argument, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
