import pytest

from unweave.data.vocabulary import Vocabulary, audioset_class, choose
from unweave.errors import UnweaveError


def test_every_class_is_found_by_its_mid_and_its_name_written_loosely():
    vocabulary = Vocabulary.audioset()
    assert len(vocabulary) == 527
    for place, (name, mid) in enumerate(zip(vocabulary.names, vocabulary.mids, strict=True)):
        loose = name.replace(",", "").replace(" ", "_").replace("-", " ").upper()
        assert audioset_class(mid) == audioset_class(name) == audioset_class(loose) == place


@pytest.mark.parametrize("label", ["", " ", "Do", "Dogs", "/m/nothing", "Dog Rain", "Human sounds"])
def test_nothing_else_is_one(label):
    assert audioset_class(label) is None


def test_the_vocabulary_follows_from_the_labels():
    vocabulary, places = choose(["dog", "/m/06mb1", "dog"])
    assert vocabulary.is_audioset
    assert {label: vocabulary.names[place] for label, place in places.items()} == {"dog": "Dog", "/m/06mb1": "Rain"}
    vocabulary, places = choose(["dog", "my bell"])
    assert (vocabulary.names, places) == (("dog", "my bell"), {"dog": 0, "my bell": 1})
    assert not vocabulary.is_audioset
    with pytest.raises(UnweaveError, match="no class in this collection"):
        choose([])


def test_long_lists_of_unknown_labels_are_cut():
    with pytest.raises(UnweaveError, match="and 20 more"):
        choose([f"xq{number}zz" for number in range(25)], "audioset")
