from __future__ import annotations

import pytest
from tiny import tiny_model

from unweave.asking.classes import Classes
from unweave.errors import UnweaveError
from unweave.ontology import Ontology


def test_one_node_by_any_of_its_names_is_asked_for_once() -> None:
    asked = Classes.of(["Dog", "/m/0bt9lr", 74, "dog"])
    assert asked is not None and [node.name for node in asked.nodes(Ontology())] == ["Dog"]


def test_names_are_checked_with_and_without_a_model() -> None:
    for check in (lambda wish: wish.check_names(Ontology()), lambda wish: wish.check(tiny_model())):
        check(Classes(("Dog",)))
        with pytest.raises(UnweaveError, match="'Dog'"):
            check(Classes(("Dgo",)))


def test_what_a_model_has_not_learnt_is_refused() -> None:
    with pytest.raises(UnweaveError, match="has not learnt 'Rain'"):
        Classes(("Rain",)).check(tiny_model(known=(0, 74)))
