"""Reading recipes: from a file or by name, one on top of another, single keys changed, mistakes explained."""

from __future__ import annotations

import copy
import dataclasses
import difflib
import re
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from unweave.errors import UnweaveError
from unweave.training.recipe import FewClipsLearning, PaperLearning, Recipe, TagsLearning, TeacherLearning
from unweave.training.unused import unused

MOST_BASES = 8
KINDS = re.compile(r"constrained-|list\[|(int|float|str)$")  # what pydantic calls the kinds of a value, in its place
# What pydantic names the ways of learning in the place of an error; no keys of the recipe.
CHOICES: dict[Any, Any] = {
    "tags": TagsLearning, "teacher": TeacherLearning, "paper": PaperLearning, "few clips": FewClipsLearning
}  # fmt: skip


def recipe_folder() -> Path:
    """Where the recipes of the package lie: beside its modules, or in the source tree that it is run from."""
    import unweave

    package = Path(unweave.__file__).parent
    installed = package / "recipes"
    return installed if installed.is_dir() else package.parents[1] / "recipes"


def recipe_names() -> list[str]:
    """The recipes that come with the package, as they can be named."""
    folder = recipe_folder()
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))


def find_recipe(name: str | Path) -> Path:
    """A file, or the package's recipe of that name.

    Raises:
        UnweaveError: neither; the sentence suggests one.
    """
    path = Path(name)
    if path.is_file():
        return path
    known = recipe_names()
    wanted = path.as_posix().removesuffix(".yaml") + ".yaml"
    if wanted in known and not path.is_absolute():
        return recipe_folder() / wanted
    close = difflib.get_close_matches(wanted, known, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"The package has {', '.join(known)}."
    raise UnweaveError(f"There is no recipe {name}. {hint}")


def read_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe and change single keys of it.

    Args:
        path: the YAML, or the name of one that comes with the package.
        overrides: "key.key=value", the value in YAML; an item of a list by its number.

    Raises:
        UnweaveError: no such file, a key that is unknown, missing or without effect, a value of the wrong kind.
    """
    path = find_recipe(path)
    values = _with_base(path, MOST_BASES)
    for override in overrides:
        _change(values, override)
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        faults = error.errors()
        # Where a value or a list of them may stand, what is wrong inside of a list says more than that it is one.
        inside = (one for one in faults if isinstance(faults[0]["input"], list) and "list[" in str(one["loc"]))
        first = next(inside, faults[0])
        *above, last = first["loc"]
        places = [*(name for name in above if name not in CHOICES), last]
        where = ".".join(str(name) for name in places if not KINDS.match(str(name)))
        if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            fault = f"There is no such key.{_suggest(Recipe, first['loc'])}"
        else:
            fault = f"{first['msg']}."
        raise UnweaveError(f"The recipe {path} is wrong at {where}: {fault}") from error
    for key, why in unused(recipe):
        raise UnweaveError(f"The recipe {path} is wrong at {key}: this would be without effect, {why}.")
    return recipe


def _with_base(path: Path, left: int) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise UnweaveError(f"The recipe {path} cannot be read: {error}.") from error
    if not isinstance(values, dict):
        raise UnweaveError(f"The recipe {path} holds no keys; see the recipes of the package.")
    base = values.pop("base", None)
    if base is None:
        return values
    below = path.parent / str(base)
    if not left or not below.is_file():
        raise UnweaveError(
            f"The recipe {path} stands on {base}, which {'goes in circles' if not left else 'is missing'}."
        )
    return merged(_with_base(below, left - 1), values)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes`, keys inside of keys too.

    A part of another name does not keep the arguments of the one it replaces; lists are replaced, but a list of as many
    dictionaries is merged item by item.
    """
    out = dict(base)
    if "name" in changes and "arguments" in out and changes["name"] != base.get("name"):
        out["arguments"] = {}
    for key, value in changes.items():
        old = out.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            out[key] = merged(old, value)
        elif isinstance(old, list) and isinstance(value, list) and len(old) == len(value) and _all_dicts(old + value):
            out[key] = [merged(one, two) for one, two in zip(old, value, strict=True)]
        else:
            out[key] = value
    return out


def _all_dicts(items: list[Any]) -> bool:
    return all(isinstance(item, dict) for item in items)


def _change(values: dict[str, Any], override: str) -> None:
    key, sign, text = override.partition("=")
    if not sign:
        raise UnweaveError(f"{override!r} changes nothing; write key=value.")
    where: Any = values
    *above, last = key.split(".")
    try:
        value = yaml.safe_load(text)
        for name in above:
            place: Any = int(name) if isinstance(where, list) else name
            below = where[place] if isinstance(where, list) else where.get(place)
            where[place] = {} if below is None else copy.copy(below)  # YAML's aliases share what stands in two places
            where = where[place]
        if last == "name" and where.get("name") != value and "arguments" in where:
            where["arguments"] = {}  # they were those of another part
        where[int(last) if isinstance(where, list) else last] = value
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, IndexError) as error:
        raise UnweaveError(f"{override!r} cannot be put into the recipe: {error}.") from error


def _suggest(model: Any, location: tuple[int | str, ...]) -> str:
    """The known key nearest to the last one of `location`."""
    here = [model]
    for name in location[:-1]:
        here = [CHOICES[name]] if name in CHOICES else [inner for one in here for inner in _inner(one, name)]
    known = sorted({key for one in here for key in _keys(one)})
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f" Did you mean {close[0]}?" if close else f" Known are {', '.join(known)}."


def _keys(model: Any) -> list[str]:
    if isinstance(model, type) and issubclass(model, BaseModel):
        return list(model.model_fields)
    return [field.name for field in dataclasses.fields(model)] if dataclasses.is_dataclass(model) else []


def _inner(model: Any, name: int | str) -> list[Any]:
    """The models that stand under `name` in `model`; where one of several may, the choice that pydantic names."""
    if isinstance(model, type) and issubclass(model, BaseModel) and name in model.model_fields:
        return _models(model.model_fields[str(name)].annotation)
    return [model] if isinstance(name, int) or not _keys(model) or name not in _keys(model) else []


def _models(annotation: Any) -> list[Any]:
    arguments = [inner for one in typing.get_args(annotation) for inner in _models(one)]
    return arguments or ([annotation] if _keys(annotation) else [])
