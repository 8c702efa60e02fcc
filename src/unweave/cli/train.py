"""`unweave train`: a recipe in, a model out."""

from __future__ import annotations

from typing import Annotated

import typer

from unweave.cli.console import warn

train = typer.Typer(add_completion=False, rich_markup_mode=None)


@train.command()
def run(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A YAML, or the name of a recipe in the package.")],
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Keys of the recipe to change.", show_default=False)
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the whole recipe as it would be run, and stop.")] = False,
    trial: Annotated[
        bool, typer.Option("--try", help="Go the recipe's whole way with a tiny net, in a minute or two: no result.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> int:
    """Train a model as a recipe says; run it again to go on after an interruption.

    Single keys are changed on the command line: unweave train my-sounds folder=runs/second separator.learn.0.batch=4
    """
    from unweave.training.reading import read_recipe

    read = read_recipe(recipe, changes or [])
    if trial:
        from unweave.training.trial import NO_RESULT, made_up, tiny

        read = tiny(read)
        if made_up(read):
            warn("the recipe's clips are not prepared; made-up sounds stand in for them.")
    if show:
        import yaml

        print(yaml.safe_dump(read.model_dump(mode="json"), sort_keys=False, allow_unicode=True).rstrip())
        return 0
    from unweave.cli.training import Display
    from unweave.training.machine import leave, processes
    from unweave.training.run import model_folder
    from unweave.training.run import run as learn

    first = processes()[0] == 0
    try:
        with Display(quiet or not first) as display:
            learn(read, display)
    except KeyboardInterrupt:
        warn("stopped; what was learnt is kept, and the same command goes on.")
        return 130
    finally:
        leave()
    if first:
        print(model_folder(read))
        if trial:
            warn(NO_RESULT)
    return 0
