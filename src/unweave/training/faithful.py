"""Whether a run is the row of the paper's tables that it is called after, and in what it is another one.

A small trial of a recipe keeps the recipe's name. Tables that went by names would print its figures as the paper's
method reproduced; so the model that comes out of a run says itself in what the run differed from its row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unweave.data.store import Store
from unweave.training.reading import find_recipe, read_recipe, recipe_names
from unweave.training.recipe import Recipe

FOLDER = "paper/"
KEY = "paper_row"  # of a model's card
CLIPS = {"balanced": 22_160, "full": 2_063_839}  # of AudioSet's training parts (Section 4.1)
SHARE = 0.9  # of the paper's clips: nobody has all of them, the authors had 94 %
# What changes neither the weights nor the answers of a model, or is not the recipe's to say.
FREE = ("name", "folder", "seed", "card", "data.store", "data.root", "data.workers", "data.dataset")
FREE_IN_LOOPS = ("device", "evaluate_every", "save_every", "log_every", "best")


def row_card(recipe: Recipe, store: Store) -> dict[str, Any]:
    """What goes into the card of a model: `{"paper_row": {"row", "differs"}}`; nothing unless it is called as a row.

    Args:
        recipe: that was run.
        store: the clips that it learnt from.
    """
    name = f"{FOLDER}{recipe.name}.yaml"
    if name not in recipe_names() or recipe.name == "base":
        return {}
    row = read_recipe(find_recipe(name))
    return {KEY: {"row": recipe.name, "differs": [*_of_recipe(recipe, row), *_of_clips(row, store)]}}


def _of_recipe(recipe: Recipe, row: Recipe) -> Iterator[str]:
    """Keys that have another value than in the row."""
    mine, theirs = (flat(one.model_dump(mode="json")) for one in (recipe, row))
    given = row.tagger.part is not None  # taggers whose weights everybody has to bring
    for key in dict.fromkeys([*theirs, *mine]):
        if key.startswith(FREE) or key.split(".")[-1] in FREE_IN_LOOPS and ".loop." in key:
            continue
        if given and key in ("tagger.weights", "tagger.part.arguments.weights") and mine.get(key):
            continue
        if mine.get(key) != theirs.get(key):
            yield f"{key} is {mine.get(key, 'not set')}, not {theirs.get(key, 'left out')}"
    if given and not (mine.get("tagger.weights") or mine.get("tagger.part.arguments.weights")):
        yield f"its {recipe.tagger.part.name if recipe.tagger.part else 'tagger'} has no published weights"


def _of_clips(row: Recipe, store: Store) -> Iterator[str]:
    """Other clips than the row's, or far fewer."""
    wanted, clips = CLIPS[str(row.data.options["subset"])], len(store.rows("train"))
    if not store.vocabulary.is_audioset:
        yield f"it knows {len(store.vocabulary)} classes of its own, not AudioSet's 527"
    if not SHARE * wanted <= clips <= wanted:
        yield f"it learnt from {clips} clips, not from {wanted} (or at least {SHARE:.0%} of them)"


def flat(value: Any, where: str = "") -> dict[str, Any]:
    """All that nested plain data says, by dotted keys; lists of numbers stay whole, what is empty is left out."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        parts = [flat(inner, f"{where}.{key}" if where else str(key)) for key, inner in items]
        return {key: inner for part in parts for key, inner in part.items()}
    return {} if value in (None, []) else {where: value}
