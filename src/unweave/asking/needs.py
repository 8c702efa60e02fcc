"""What a way of asking may need of a model, each with the sentence that people get where it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.networks import Networks


def needs_ears(model: Networks) -> None:
    """Refuse a model that cannot make conditions of what it hears."""
    if model.condition is None or model.tagger is None:
        raise UnweaveError(
            f"The model {model.name} is steered by words alone: ask it with --text, or use another model."
        )


def needs_classes(model: Networks) -> None:
    """Refuse a model that can be asked with examples alone, too."""
    needs_ears(model)
    if model.condition is not None and not model.condition.by_class:
        raise UnweaveError(
            f"The model {model.name} cannot be asked by level or class; give it an example sound (--query)."
        )
