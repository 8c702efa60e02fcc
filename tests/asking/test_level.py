from __future__ import annotations

import pytest
from tiny import tiny_model

from unweave.asking.level import Level
from unweave.errors import UnweaveError
from unweave.model import Model
from unweave.ontology import Ontology


def flat() -> Model:
    """A model with classes of its own, which have one level."""
    model = tiny_model()
    model.ontology = Ontology.flat([f"sound {i}" for i in range(527)])
    return model


def test_levels_that_nobody_asked_for_need_not_be_there() -> None:
    Level.unasked().check(flat())
    assert Level.unasked() == Level.of("auto") and Level.of(["1", "auto", 1]) == Level((1, "auto"))
    with pytest.raises(UnweaveError, match="level"):
        Level((2,)).check(flat())


@pytest.mark.parametrize("level", [0, 7, 1.5, True, "0", "one", "1.5"])
def test_what_is_no_level_is_refused(level: object) -> None:
    with pytest.raises(UnweaveError, match="There is no level"):
        Level.of(level)
