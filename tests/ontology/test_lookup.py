from __future__ import annotations

import difflib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.errors import UnweaveError
from unweave.ontology import Ontology
from unweave.ontology.lookup import CLOSE, _distance, _possible, _similarity, plain

ONTOLOGY = Ontology()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dog", "Dog"),
        ("  dOG ", "Dog"),
        ("dogs", "Dog"),
        ("/m/0bt9lr", "Dog"),
        (0, "Speech"),
        ("0", "Speech"),
        (np.int64(526), "Field recording"),
        ("human SOUNDS", "Human sounds"),
        ("bee", "Bee, wasp, etc."),
        ("Bee, wasp, etc.", "Bee, wasp, etc."),
        ("bee wasp etc", "Bee, wasp, etc."),
        ("fiddles", "Violin, fiddle"),
        ("police car", "Police car (siren)"),
        ("keyboard (musical)", "Keyboard (musical)"),
        ("man speaking", "Male speech, man speaking"),
        ("church bells", "Church bell"),
        ("harpsi", "Harpsichord"),
        ("glasses", "Glass"),
        ("Canidae", "Canidae, dogs, wolves"),
    ],
)
def test_found(text: str | int, name: str) -> None:
    assert ONTOLOGY.find(text).name == name


def test_every_name_mid_and_index_finds_its_own_node() -> None:
    for node in ONTOLOGY.nodes:
        assert ONTOLOGY.find(node.name) is node
        assert ONTOLOGY.find(node.name.upper()) is node
        assert ONTOLOGY.find(node.mid) is node
        if node.index is not None:
            assert ONTOLOGY.find(node.index) is node


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Dgo", "Dog"), ("speach", "Speech"), ("mucis", "Music"), ("Vacum cleener", "Vacuum cleaner"), ("sirne", "Siren")],
)
def test_a_slip_is_met_with_the_right_name_first(typed: str, meant: str) -> None:
    with pytest.raises(UnweaveError, match=f"There is no class '{typed}'; did you mean '{meant}'"):
        ONTOLOGY.find(typed)


def test_a_part_of_several_names_is_not_guessed() -> None:
    with pytest.raises(UnweaveError, match="several") as caught:
        ONTOLOGY.find("gun")
    assert "'Machine gun'" in str(caught.value)


@pytest.mark.parametrize("index", [527, -1, "527"])
def test_index_out_of_range(index: int | str) -> None:
    with pytest.raises(UnweaveError, match="from 0 to 526"):
        ONTOLOGY.find(index)


@given(st.text(max_size=12) | st.sampled_from([node.name[1:] for node in ONTOLOGY.nodes]))
@settings(max_examples=50, deadline=None)
def test_any_text_finds_a_node_or_says_so_in_a_line(text: str) -> None:
    try:
        node = ONTOLOGY.find(text)
    except UnweaveError as error:
        assert "\n" not in str(error)
    else:
        assert node in ONTOLOGY.nodes


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("drums", "Drum kit"),
        ("Bass", "Bass guitar"),
        ("vocals", "Singing"),
        ("strings", "Bowed string instrument"),
        ("applause", "Applause"),
        ("drum", "Drum"),
    ],
)
def test_everyday_words_for_stems_find_their_class(word: str, name: str) -> None:
    assert Ontology().find(word).name == name


@given(
    st.text("abdegnos ", min_size=1, max_size=9),
    st.sampled_from(["Dog", "Speech", "Bee, wasp, etc.", "Gunshot, gunfire"]),
)
@settings(max_examples=60, deadline=None)
def test_names_that_are_left_out_unmeasured_are_not_close(text: str, name: str) -> None:
    wanted = plain(text) or "a"
    measured = _similarity(wanted, name)
    kept = _similarity(wanted, name, CLOSE)
    assert kept == measured or max(kept, measured) < CLOSE
    for alias in map(plain, name.split(",")):
        slips = 1 - _distance(wanted, alias) / max(len(wanted), len(alias))
        ratio = difflib.SequenceMatcher(None, wanted, alias).ratio() - 0.05
        assert _possible(wanted, alias) >= max(slips, ratio)
        assert measured >= max(slips, ratio) or alias == "etc"
