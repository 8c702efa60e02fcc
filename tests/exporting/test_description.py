"""What is told beside the graphs is what the model goes by."""

from __future__ import annotations

import json
from typing import Any

import pytest
from exportable import KNOWN, exportable_model

from unweave.exporting.description import describe
from unweave.inference.hierarchy import node_mask


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return dict(json.loads(json.dumps(describe(exportable_model()))))


def test_nodes_tell_the_ontology_and_what_is_known_of_it(told: dict[str, Any]) -> None:
    model = exportable_model()
    nodes = told["nodes"]
    assert [node["mid"] for node in nodes] == [node.mid for node in model.ontology.nodes]
    assert [nodes[place]["mid"] for place in told["classes"]] == [label.mid for label in model.ontology.labels]
    for node, one in zip(model.ontology.nodes, nodes, strict=True):
        assert one["known"] == node_mask(model, node).nonzero()[0].tolist()
        assert [nodes[place]["mid"] for place in one["children"]] == list(node.children)
        assert [nodes[place]["mid"] for place in one["parents"]] == list(node.parents)
        assert (one["instead"] is None) or not one["known"]
    for level in range(1, 7):
        counted = [one["mid"] for one in nodes if one["level"] == level and one["counts"]]
        assert counted == [node.mid for node in model.ontology.level(level)]
    assert {index for one in nodes for index in one["known"]} == set(KNOWN)


def test_what_was_not_learnt_names_what_stands_in_for_it(told: dict[str, Any]) -> None:
    nodes = told["nodes"]
    instead = {node["name"]: node["instead"] for node in nodes}
    assert instead["Dog"] is None and nodes[instead["Bark"]]["name"] == "Dog"
