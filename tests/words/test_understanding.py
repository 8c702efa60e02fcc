from __future__ import annotations

import pytest

from unweave.errors import UnweaveError
from unweave.ontology import Ontology
from unweave.words.index import load
from unweave.words.reading import Reader
from unweave.words.understanding import candidates, understand

ONTOLOGY = Ontology()


def names(text: str) -> tuple[list[str], list[str]]:
    meant = understand(text, ONTOLOGY)
    return [node.name for node in meant.wanted_nodes], [node.name for node in meant.unwanted_nodes]


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("dogs and birds", ["Dog", "Bird"], []),
        ("everything but the speech", [], ["Speech"]),
        ("rock and roll", ["Rock and roll"], []),
        ("a puppy whining", ["Whimper (dog)"], []),
        ("lawn mower", ["Lawn mower"], []),
        ("lawnmower", ["Lawn mower"], []),
        ("helicoptre", ["Helicopter"], []),
        ("rain and the wind outside", ["Rain", "Wind"], []),
    ],
)
def test_what_is_meant(text: str, wanted: list[str], unwanted: list[str]) -> None:
    assert names(text) == (wanted, unwanted)


def test_every_name_of_the_ontology_means_its_own_node() -> None:
    reader = Reader(load(), ONTOLOGY.nodes)
    for node in ONTOLOGY.nodes:
        assert reader.meant(node.name)[0] is node and reader.is_name(node.name), node.name


@pytest.mark.parametrize("plain", ["drums", "bass", "vocals", "strings", "applause"])
def test_plain_words_of_musicians_are_no_riddle(plain: str) -> None:
    assert names(plain)[0]


def test_part_borrows_the_last_word_of_the_next_one_if_that_tells_them_apart() -> None:
    wanted, _ = names("male and female voices")
    assert {"Male speech, man speaking", "Female speech, woman speaking"} <= set(wanted)
    with pytest.raises(UnweaveError, match="'xqzkw'"):
        understand("xqzkw and the dog", ONTOLOGY)


@pytest.mark.parametrize(
    "text", ["", "  ", "...", "🙂", "xqzkw", "<b>dog</b>", "../../etc/passwd", "the", "the sound", "not", "q", "あ"]
)
def test_refusals_are_one_sentence_that_helps(text: str) -> None:
    with pytest.raises(UnweaveError) as caught:
        understand(text, ONTOLOGY)
    message = str(caught.value)
    assert "\n" not in message and ("nearest are" in message or "empty" in message) and len(message) < 400


def test_three_nearest_names_are_those_of_nodes() -> None:
    known = {node.name for node in ONTOLOGY.nodes}
    with pytest.raises(UnweaveError) as caught:
        understand("quarterly tax return", ONTOLOGY)
    listed = str(caught.value).split("the nearest are ")[1].removesuffix(".")
    first, rest = listed.split("; ")
    assert first in known and any(rest == f"{one} and {other}" for one in known for other in known if one in rest)
    assert len(candidates("a dog", ONTOLOGY)) == 3


def test_classes_of_ones_own_are_understood_by_their_names() -> None:
    own = Ontology.flat(["My espresso machine", "Neighbour's dog", "Blorptang"])
    assert [node.name for node in understand("the espresso machine", own).wanted_nodes] == ["My espresso machine"]
    assert [node.name for node in understand("a blorptang", own).wanted_nodes] == ["Blorptang"]
    assert understand("dogs and blorptangs", own).sentence == '"dogs and blorptangs" -> Neighbour\'s dog, Blorptang.'


def test_sentence_says_what_stands_in() -> None:
    meant = understand("seagulls without the wind", ONTOLOGY)
    assert meant.sentence == (
        '"seagulls without the wind" -> Bird without Wind. '
        "This model has not learnt Gull, seagull; Bird is taken for it."
    )
    assert [node.name for node in meant.wanted[0].understood] == ["Gull, seagull"] and not meant.everything_but


def test_names_that_are_words_of_grammar_elsewhere_are_known_by_themselves() -> None:
    assert [node.name for node in understand("the noise", ONTOLOGY).wanted_nodes] == ["Noise"]
    with pytest.raises(UnweaveError, match="has not learnt, nor anything near it.$"):
        understand("noise", ONTOLOGY, known=[0])
