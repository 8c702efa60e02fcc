from __future__ import annotations

import io
import json

import pytest

from unweave.errors import UnweaveError
from unweave.ontology import Label, Ontology
from unweave.ontology.graph import read_graph
from unweave.ontology.labels import read_labels


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology()


def test_sizes_of_audioset(ontology: Ontology) -> None:
    assert len(ontology.labels) == 527
    assert len(ontology.nodes) == 632
    assert len(ontology.roots) == 7
    assert sum(len(node.parents) > 1 for node in ontology.nodes) == 38
    assert [len(ontology.level(n)) for n in range(1, 7)] == [7, 41, 251, 198, 56, 3]


def test_labels_are_in_order_and_agree_with_the_nodes(ontology: Ontology) -> None:
    assert [label.index for label in ontology.labels] == list(range(527))
    assert ontology.labels[0] == Label(0, "/m/09x0r", "Speech")
    by_index = {node.index: node for node in ontology.nodes if node.index is not None}
    assert [(by_index[label.index].mid, by_index[label.index].name) for label in ontology.labels] == [
        (label.mid, label.name) for label in ontology.labels
    ]


@pytest.mark.parametrize(
    ("name", "graph", "tree"),
    [("Music", 150, 146), ("Musical instrument", 80, 78), ("Wild animals", 32, 29), ("Canidae, dogs, wolves", 3, 1)],
)
def test_graph_holds_what_the_tree_lost(ontology: Ontology, name: str, graph: int, tree: int) -> None:
    assert len(ontology.descendants(name)) == graph
    assert len(ontology.descendants(name, tree=True)) == tree
    assert set(ontology.descendants(name, tree=True)) < set(ontology.descendants(name))


def test_37_nodes_hold_more_in_the_graph(ontology: Ontology) -> None:
    more = [node for node in ontology.nodes if ontology.descendants(node) != ontology.descendants(node, tree=True)]
    assert len(more) == 37


def test_every_class_lies_under_a_root(ontology: Ontology) -> None:
    for tree in (False, True):
        held = [index for root in ontology.roots for index in ontology.descendants(root, tree)]
        assert set(held) == set(range(527))
    assert len(held) == 527  # in the tree, under exactly one


def test_edges_agree_both_ways_and_levels_follow_first_parents(ontology: Ontology) -> None:
    nodes = ontology.graph.nodes
    for node in ontology.nodes:
        assert all(node.mid in nodes[child].parents for child in node.children)
        assert all(node.mid in nodes[parent].children for parent in node.parents)
        assert node.level == (1 + nodes[node.parents[0]].level if node.parents else 1)


def test_descendants_and_ancestors_mirror_each_other(ontology: Ontology) -> None:
    for label in ontology.labels[::25]:
        above = {node.mid for node in ontology.ancestors(label.index)}
        holders = {node.mid for node in ontology.nodes if label.index in ontology.descendants(node)}
        assert holders == above | {label.mid}


def test_ancestors_come_nearest_first(ontology: Ontology) -> None:
    assert [node.name for node in ontology.ancestors("Violin, fiddle")] == [
        "Bowed string instrument",
        "Musical instrument",
        "Music",
    ]
    assert ontology.ancestors("Music") == []


@pytest.mark.parametrize("level", [0, 7, -1, True])
def test_unknown_level(ontology: Ontology, level: int) -> None:
    with pytest.raises(UnweaveError, match="from 1 to 6"):
        ontology.level(level)


def test_a_caller_cannot_change_the_levels(ontology: Ontology) -> None:
    ontology.level(1).clear()
    assert len(ontology.level(1)) == 7


def graph_of(children: dict[str, list[str]], labels: list[Label]) -> None:
    nodes = [{"id": mid, "name": mid, "child_ids": row} for mid, row in children.items()]
    read_graph(io.StringIO(json.dumps(nodes)), labels)


@pytest.mark.parametrize(
    ("children", "labels", "message"),
    [
        ({"a": ["b"], "b": ["a"]}, [], "circle"),
        ({"r": ["a"], "a": ["b"], "b": ["a"]}, [], "circle"),
        ({"a": ["gone"]}, [], "'gone'"),
        ({"a": []}, [Label(0, "lost", "Lost")], "'lost'"),
    ],
)
def test_broken_graphs_are_refused(children: dict[str, list[str]], labels: list[Label], message: str) -> None:
    with pytest.raises(UnweaveError, match=message):
        graph_of(children, labels)


@pytest.mark.parametrize("text", ["{", "[1]", '[{"id": "a"}]', "3"])
def test_files_that_hold_no_graph(text: str) -> None:
    with pytest.raises(UnweaveError, match="JSON list"):
        read_graph(io.StringIO(text), [])


@pytest.mark.parametrize("rows", ["a,b\n1,2\n", "{head}x,/m/1,A\n", "{head}1,/m/1,A\n"])
def test_broken_tables_of_labels(rows: str) -> None:
    with pytest.raises(UnweaveError, match="table of labels"):
        read_labels(io.StringIO(rows.format(head="index,mid,display_name\n")))


def test_own_ontology_from_a_folder(tmp_path) -> None:
    (tmp_path / "class_labels_indices.csv").write_text("index,mid,display_name\n0,/x/1,Kettle\n1,/x/2,Drill\n")
    nodes = [
        {"id": "/x/0", "name": "Tools", "child_ids": ["/x/1", "/x/2"]},
        {"id": "/x/1", "name": "Kettle", "child_ids": []},
        {"id": "/x/2", "name": "Drill", "child_ids": []},
    ]
    (tmp_path / "ontology.json").write_text(json.dumps(nodes))
    ontology = Ontology(tmp_path)
    assert ontology.descendants("tools") == [0, 1]
    assert [len(ontology.level(n)) for n in (1, 2)] == [1, 2]
    with pytest.raises(UnweaveError, match="cannot be read"):
        _ = Ontology(tmp_path / "gone").labels
