"""`python -m unweave.training RECIPE.yaml [key=value ...]`: train what the recipe says."""

from __future__ import annotations

import sys

from unweave.errors import UnweaveError


def main(arguments: list[str]) -> int:
    """Run a recipe; 0 done, 2 wrong use."""
    from unweave.training.recipe import read_recipe
    from unweave.training.run import run

    if not arguments or arguments[0].startswith("-"):
        print("usage: python -m unweave.training RECIPE.yaml [key=value ...]", file=sys.stderr)
        return 2
    try:
        recipe = read_recipe(arguments[0], arguments[1:])
        run(recipe)
    except UnweaveError as error:
        print(f"unweave: {error}", file=sys.stderr)
        return 2
    print(recipe.folder / "model")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
