from __future__ import annotations

import numpy as np
from tiny import tiny_model

from unweave.inference.hierarchy import known_mask, node_activity, node_mask, thresholds


def test_activity_of_a_node_is_that_of_its_likeliest_class() -> None:
    model = tiny_model()
    probabilities = np.random.default_rng(0).random((4, 527)).astype(np.float32)
    nodes = model.ontology.level(2)
    activity = node_activity(probabilities, [node_mask(model, node) for node in nodes])
    for column, node in enumerate(nodes):
        expected = probabilities[:, model.ontology.descendants(node)].max(axis=1)
        assert np.array_equal(activity[:, column], expected)


def test_node_of_unknown_classes_is_never_active() -> None:
    model = tiny_model(known=(0, 1))
    masks = [node_mask(model, model.ontology.find("Animal")), node_mask(model, model.ontology.find("Human voice"))]
    activity = node_activity(np.ones((2, 527), np.float32), masks)
    assert activity.tolist() == [[0, 1], [0, 1]]
    assert known_mask(model).sum() == 2


def test_tree_holds_less_than_the_graph() -> None:
    graph, tree = tiny_model(), tiny_model(tree=True)
    music = graph.ontology.find("Music")
    assert (node_mask(graph, music).sum(), node_mask(tree, music).sum()) == (150, 146)
    assert node_mask(graph, graph.ontology.find("Dog"), alone=True).sum() == 1


def test_threshold_asked_for_stands_above_the_models_own() -> None:
    own = tuple(np.linspace(0.1, 0.9, 527).tolist())
    model = tiny_model(class_thresholds=own)
    assert np.allclose(thresholds(model, None), own)
    assert np.allclose(thresholds(model, 0.3), 0.3)
    assert np.allclose(thresholds(tiny_model(threshold=0.4), None), 0.4)
    assert thresholds(model, 0.0).min() > 0
