import pytest

from unweave.errors import UnweaveError
from unweave.ontology import Ontology


def test_own_classes_stand_side_by_side_at_level_one():
    ontology = Ontology.flat(["kettle", "drill", "Dog"])
    assert [label.name for label in ontology.labels] == ["kettle", "drill", "Dog"]
    assert [node.name for node in ontology.level(1)] == ["kettle", "drill", "Dog"] and ontology.depth == 1
    assert ontology.find("dog").index == 2 and ontology.find(1).name == "drill"
    assert ontology.descendants("kettle") == [0] and ontology.ancestors("kettle") == []
    assert not ontology.is_audioset and Ontology().is_audioset and Ontology().depth == 6


def test_a_finer_level_than_theirs_is_refused():
    with pytest.raises(UnweaveError, match="level 1 alone"):
        Ontology.flat(["kettle"]).level(2)


@pytest.mark.parametrize("names", [[], ["Dog", "Dog"]])
def test_no_class_or_one_twice_is_refused(names):
    with pytest.raises(UnweaveError, match="no name may come twice"):
        Ontology.flat(names)


def test_unknown_names_get_suggestions():
    with pytest.raises(UnweaveError, match="kettle"):
        Ontology.flat(["kettle", "drill"]).find("ketle")
