"""A card says under which licence the files are, or that nobody said so."""

from __future__ import annotations

from exportable import exportable_model

from unweave.exporting.card import card


def test_licence_is_told() -> None:
    model = exportable_model()
    assert "- **Licence of the weights:** CC0" in card(model)
    model.card.pop("licence")
    assert "not stated" in card(model)
