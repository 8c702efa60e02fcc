from __future__ import annotations

import pytest
from tiny import RATE, tiny_model, tones

from unweave.asking.classes import Classes
from unweave.errors import UnweaveError
from unweave.ontology import Ontology


def test_one_node_by_any_of_its_names_is_asked_for_once() -> None:
    asked = Classes.of(["Dog", "/m/0bt9lr", 74, "dog"])
    assert asked is not None and [node.name for node in asked.found(Ontology())[0]] == ["Dog"]


def test_names_are_checked_with_and_without_a_model() -> None:
    for check in (lambda wish: wish.check_names(Ontology()), lambda wish: wish.check(tiny_model())):
        check(Classes(("Dog",)))
        with pytest.raises(UnweaveError, match="'Dog'"):
            check(Classes(("Dgo",)))


def test_what_a_model_has_not_learnt_is_refused() -> None:
    with pytest.raises(UnweaveError, match="has not learnt 'Rain'"):
        Classes(("Rain",)).check(tiny_model(known=(0, 74)))


def test_the_nearest_relative_stands_in_for_what_a_model_has_not_learnt() -> None:
    """Nobody is refused a class that something near was learnt of; the track is called as it was asked for."""
    x = tones(2, spans={0: (0, 2), 1: (0, 2)})
    model = tiny_model(known=(0, 74))
    with pytest.warns(UserWarning, match="has not learnt 'Whimper .dog.'; 'Dog' is taken for it"):
        whimper, dog, _ = model.separate(x, RATE, classes=["Whimper (dog)", "Dog"])
    assert (whimper.name, whimper.mid) == ("Whimper (dog)", dog.mid)
    alone = model.separate(x, RATE, classes="Dog")[0]
    with pytest.warns(UserWarning, match="taken for it"):
        assert (model.separate(x, RATE, classes="Whimper (dog)")[0].audio == alone.audio).all()
    assert not Classes(("Whimper (dog)", "Dog")).faults(model) and len(Classes(("Rain", "Dog")).faults(model)) == 1


def test_one_name_that_is_none_does_not_end_the_request() -> None:
    x = tones(2, spans={0: (0, 2), 1: (0, 2)})
    with pytest.warns(UserWarning, match="There is no class 'Dgo'"):
        tracks = tiny_model().separate(x, RATE, classes=["Dgo", "Speech"])
    assert [track.name for track in tracks] == ["Speech", "residual"]
    with pytest.raises(UnweaveError, match="Dgo.*Xyzzy"):
        tiny_model().separate(x, RATE, classes=["Dgo", "Xyzzy"])
    with pytest.warns(UserWarning, match="has not learnt 'Cat'"):
        tiny_model(known=(0, 74)).separate(x, RATE, classes=["Cat", "Dog"])
