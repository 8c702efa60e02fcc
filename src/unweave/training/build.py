"""The parts that a recipe names, built so that they fit each other."""

from __future__ import annotations

from typing import Any

from unweave.conditions import Condition, conditions
from unweave.errors import UnweaveError
from unweave.pretrained.parts import load_part
from unweave.separators import Separator, separators
from unweave.taggers import Tagger, taggers
from unweave.taggers.wav2vec import Wav2Vec
from unweave.training.recipe import DetectorRecipe, Part, SeparatorRecipe, TaggerRecipe

Spec = dict[str, Any]


def build_tagger(recipe: TaggerRecipe | DetectorRecipe, classes: int) -> tuple[Tagger, Spec]:
    """A tagger or detector of `classes` classes, K, and how it is built again.

    Raises:
        UnweaveError: the recipe names neither a part nor weights, or weights of other classes.
    """
    if recipe.weights is not None:
        role = "detector" if isinstance(recipe, DetectorRecipe) else "tagger"
        tagger, spec = load_part(role, recipe.weights)
        assert isinstance(tagger, Tagger)
        _check_part(recipe.part, recipe.weights, spec)
        if tagger.classes != classes:
            raise UnweaveError(
                f"The {role} {recipe.weights} knows {tagger.classes} classes and the store {classes}; prepare the "
                "store with --labels audioset, or let a tagger be learnt (tagger.learn)."
            )
        return tagger, spec
    if recipe.part is None:
        raise UnweaveError("The recipe names a tagger neither by its part nor by its weights; give one of them.")
    arguments = {"classes": classes, **recipe.part.arguments}
    tagger = taggers.build(recipe.part.name, **arguments)
    if isinstance(tagger, Wav2Vec):
        arguments = tagger.arguments()
    # A model is saved with its weights; it does not need the file that they once came from.
    return tagger, {"name": recipe.part.name, "arguments": {k: v for k, v in arguments.items() if k != "weights"}}


def build_condition(part: Part, tagger: Tagger, tagger_spec: Spec) -> tuple[Condition, Spec]:
    """A condition on what `tagger` gives; sizes that the recipe leaves open follow from it."""
    arguments = dict(part.arguments)
    if part.name in ("soft", "onehot"):
        arguments.setdefault("dim", tagger.classes)
    elif part.name == "embedding":
        arguments.setdefault("dim", tagger.embedding_dim)
    elif part.name == "joint":
        arguments = {"classes": tagger.classes, "embedding": tagger.embedding_dim, **arguments}
    elif part.name == "adaptor":
        arguments.setdefault("inputs", tagger.classes if arguments.get("layer") == "clip" else tagger.embedding_dim)
    elif part.name == "shortcut":
        arguments = {"tagger": tagger_spec["name"], "arguments": tagger_spec["arguments"], **arguments}
    return conditions.build(part.name, **arguments), {"name": part.name, "arguments": arguments}


def build_separator(recipe: SeparatorRecipe, dim: int) -> tuple[Separator, Spec]:
    """A separator that takes conditions of size `dim`, D.

    Raises:
        UnweaveError: the recipe names neither a part nor weights, or weights for conditions of another size.
    """
    if recipe.weights is not None:
        separator, spec = load_part("separator", recipe.weights)
        assert isinstance(separator, Separator)
        _check_part(recipe.part, recipe.weights, spec)
        if separator.condition_dim != dim:
            raise UnweaveError(
                f"The separator of {recipe.weights} takes conditions of size {separator.condition_dim}, and the "
                f"recipe's have {dim}; take the condition that it was trained with."
            )
        return separator, spec
    if recipe.part is None:
        raise UnweaveError("The recipe names a separator neither by its part nor by its weights; give one of them.")
    spec = {"name": recipe.part.name, "arguments": {"condition_dim": dim, **recipe.part.arguments}}
    return separators.build(spec["name"], **spec["arguments"]), spec


def _check_part(part: Part | None, weights: str, spec: Spec) -> None:
    """Refuse a part beside weights that is another one than theirs."""
    if part is None:
        return
    if part.name != spec["name"]:
        raise UnweaveError(f"{weights} holds a {spec['name']}, and the recipe asks for {part.name}.")
    if different := [key for key, value in part.arguments.items() if spec["arguments"].get(key) != value]:
        raise UnweaveError(
            f"{weights} says how its {part.name} is built; the recipe's {', '.join(different)} would have no effect."
        )
