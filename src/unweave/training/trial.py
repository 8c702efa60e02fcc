"""A recipe made tiny: its whole way in a minute or two, to see that it runs before it takes days. No result.

What makes a row a row stays as it is: conditions, modes, miners, mixing, losses. Networks shrink, steps are few, and
made-up sounds stand in where the recipe's clips have not been prepared.
"""

from __future__ import annotations

from typing import Any

from unweave.training.reading import merged
from unweave.training.recipe import Recipe
from unweave.training.unused import unused

STEPS, BATCH = 6, 4
CLIPS = {"clips": 4, "valid": 2}  # of each made-up class
TAGGER = {"name": "small", "arguments": {"widths": [8, 8, 8, 8, 8]}}
UNET = {"window_size": 512, "hop": 160, "widths": [4, 6, 8]}
SEPARATORS: dict[str, dict[str, Any]] = {
    "convtasnet": {"filters": 16, "window": 128, "bottleneck": 8, "hidden": 16, "skip": 8, "blocks": 2, "repeats": 2},
    "openunmix": {"window_size": 512, "hop": 160, "hidden": 16},
    "resunet30": UNET,
    "resunet60": UNET,
    "small": {"widths": [8, 8, 12], "strides": [[2, 2], [2, 1]], "hidden": 8},
    "unet": UNET,
}
LIKE = {"resunet30-paper": "resunet30"}  # has one size alone
LOOP = {"steps": STEPS, "warmup": 1, "evaluate_every": STEPS // 2, "save_every": STEPS // 2, "log_every": 1}
NO_RESULT = (
    f"this was a trial: {STEPS} steps of a tiny net. It shows that the recipe runs its whole way, and is no result."
)


def tiny(recipe: Recipe) -> Recipe:
    """The same recipe in a tiny size, in a folder `try` below its own.

    Its name ends with "-try", so that no table takes it for the recipe's.
    """
    values = recipe.model_dump(mode="json")
    folder = recipe.folder / "try"
    values |= {
        "name": f"{recipe.name}-try",
        "folder": str(folder),
        "card": {"what": "A trial of a recipe: no result"},
        "tagger": _tagger(values["tagger"]),
        "separator": {**_separator(values["separator"]), "learn": list(map(_learning, values["separator"]["learn"]))},
        "data": values["data"] | {"workers": 0},
    }
    if values["detector"] is not None:
        values["detector"] = {"part": TAGGER, "weights": None}
    if values["condition"]["name"] == "adaptor":
        values["condition"]["arguments"] |= {"dim": 16, "hidden": 16}
    if not recipe.data.store.exists():
        made_up = {"store": str(folder / "store"), "dataset": "toy", "root": str(folder / "sounds"), "options": CLIPS}
        values["data"] |= made_up
    return _without_unused(values)


def made_up(recipe: Recipe) -> bool:
    """Whether a tiny recipe learns from made-up sounds."""
    return recipe.data.dataset == "toy" and recipe.data.options == CLIPS


def _tagger(values: dict[str, Any]) -> dict[str, Any]:
    learning = values["learn"]
    if learning is not None:
        loop = merged(learning["loop"], LOOP)
        learning = {"how": "tags", "batch": BATCH, "seconds": 2.0, "loop": loop}
    return {**values, "part": TAGGER, "weights": None, "learn": learning}


def _separator(values: dict[str, Any]) -> dict[str, Any]:
    """Small, whatever weights the recipe's begins with."""
    name = "resunet30" if values["part"] is None else LIKE.get(values["part"]["name"], values["part"]["name"])
    return {"part": {"name": name, "arguments": SEPARATORS.get(name, {})}, "weights": None}


def _learning(values: dict[str, Any]) -> dict[str, Any]:
    """A stretch of the separator's; weights of classes go, since there may be other classes."""
    own = {"weights": {}, "common": 1} if values["how"] == "few clips" else {}
    return {**values, **own, "batch": BATCH, "loop": merged(values["loop"], LOOP)}


def _without_unused(values: dict[str, Any]) -> Recipe:
    """The recipe without keys that a tiny one has no use for, since those are errors."""
    recipe = Recipe.model_validate(values)
    for key, _ in list(unused(recipe)):
        *above, last = key.split(".")
        where: Any = recipe
        for name in above:
            where = where[int(name)] if isinstance(where, list) else getattr(where, name)
        fields = type(where).model_fields if hasattr(type(where), "model_fields") else None
        if fields is not None:
            setattr(where, last, fields[last].get_default(call_default_factory=True))
        else:
            setattr(where, last, getattr(type(where)(steps=1), last))
    return recipe
