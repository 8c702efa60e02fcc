from __future__ import annotations

import pytest

from unweave.asking import all_ways, asked
from unweave.asking.classes import Classes
from unweave.asking.level import Level
from unweave.errors import UnweaveError


def test_what_was_given_comes_in_the_order_of_the_ways() -> None:
    what = asked({"classes": ["Dog", 5, "Dog"], "query": None, "level": [2, 1, 2]})
    assert what.wishes == (Level((2, 1)), Classes(("Dog", 5)))
    nothing = {way.look.setting: [] for way in all_ways() if way.look.setting is not None}
    assert what.settings == nothing | {"levels": [2, 1], "classes": ["Dog", 5]} and "queries" in nothing


def test_nothing_asks_for_three_levels() -> None:
    assert asked({}).wishes == asked({"level": [], "classes": ()}).wishes == (Level((1, 2, 3)),)


def test_faults_of_the_user_are_sentences_and_those_of_a_program_are_not() -> None:
    with pytest.raises(UnweaveError, match="no class"):
        asked({"classes": ""})
    with pytest.raises(TypeError, match="'clases'.*mean 'classes'"):
        asked({"clases": "Dog"})
