"""A recipe: one YAML that says what is trained on what, and how.

Every key is checked; one that is unknown is an error with a suggestion, so that none is silently without effect.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from unweave.errors import UnweaveError
from unweave.training.loop import LoopSettings


class Strict(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class Part(Strict):
    """A registered part and the arguments that it is built with."""

    name: str
    arguments: dict[str, Any] = {}


class DataRecipe(Strict):
    """Where the sounds are: an index of tagged clips, and the teacher whose soft labels the tagger learns."""

    index: Path
    teacher: Path
    teacher_classes: Path


class TaggerRecipe(Strict):
    """The tagger-detector; for `weights` and `common` see `unweave.training.run.class_weights`."""

    part: Part
    batch: int
    patches: int = 6
    mixed: float = 0.4
    choice: float = 5.0
    weights: dict[str, int] = {}
    common: int = 1
    loop: LoopSettings


class MixingRecipe(Strict):
    """How mixtures are made and asked about (see `SeparationSettings`), and for how long."""

    batch: int
    seconds: float = 2.0
    share: float = 0.9
    gain: float = 5.0
    speed: float = 0.15
    shares: dict[str, float]
    weights: dict[str, int] = {}
    common: int = 1
    loop: LoopSettings


class SeparatorRecipe(MixingRecipe):
    """The separator; `refine` is a second stretch that starts from the weights of the first."""

    part: Part
    refine: MixingRecipe | None = None


class Recipe(Strict):
    """All of a run.

    `settings` and `card` go into the model that comes out; `half` stores its weight matrices in half precision.
    """

    name: str
    folder: Path
    seed: int = 0
    data: DataRecipe
    tagger: TaggerRecipe
    condition: Part
    separator: SeparatorRecipe
    half: bool = False
    settings: dict[str, Any] = {}
    card: dict[str, Any] = {}


def read_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe and change single keys of it.

    Args:
        path: the YAML.
        overrides: "key.key=value", the value in YAML.

    Raises:
        UnweaveError: no such file, a key that is unknown or missing, a value of the wrong kind.
    """
    path = Path(path)
    if not path.is_file():
        raise UnweaveError(f"There is no recipe {path}.")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        for override in overrides:
            key, sign, value = override.partition("=")
            if not sign:
                raise UnweaveError(f"{override!r} changes nothing; write key=value.")
            where = values
            *above, last = key.split(".")
            for name in above:
                where = where.setdefault(name, {})
            where[last] = yaml.safe_load(value)
    except (yaml.YAMLError, AttributeError, TypeError) as error:
        raise UnweaveError(f"The recipe {path} cannot be read: {error}.") from error
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where_ = ".".join(str(name) for name in first["loc"])
        hint = _suggest(first["loc"]) if first["type"] in ("extra_forbidden", "unexpected_keyword_argument") else ""
        raise UnweaveError(f"The recipe {path} is wrong at {where_}: {first['msg']}.{hint}") from error


def _suggest(location: tuple[int | str, ...]) -> str:
    model: Any = Recipe
    for name in location[:-1]:
        field = getattr(model, "model_fields", {}).get(str(name))
        model = field.annotation if field else None
    known = list(getattr(model, "model_fields", None) or getattr(model, "__dataclass_fields__", {}))
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f" Did you mean {close[0]}?" if close else f" Known are {', '.join(known)}."
