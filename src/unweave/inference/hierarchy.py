"""Which nodes of the ontology sound in which segment (Algorithm 4 of the paper), and which are worth a track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unweave.ontology import Node

if TYPE_CHECKING:
    from unweave.networks import Networks

Probabilities = NDArray[np.float32]
Mask = NDArray[np.bool_]
SMALLEST = 1e-6  # stands in for a threshold of 0


def node_mask(model: Networks, node: Node, alone: bool = False) -> Mask:
    """The classes that a node holds and the model knows, (K,).

    Args:
        model: its settings say whether the graph or the tree of first parents counts.
        node: of the model's ontology.
        alone: only the node's own class, if it is one.
    """
    mask = np.zeros(len(model.ontology.labels), dtype=bool)
    if alone and node.index is not None:
        mask[node.index] = True
    else:
        mask[model.ontology.descendants(node, tree=model.settings.tree)] = True
    return mask & known_mask(model)


def known_mask(model: Networks) -> Mask:
    """The classes that the model has learnt, (K,)."""
    mask = np.ones(len(model.ontology.labels), dtype=bool)
    if model.settings.known is not None:
        mask[:] = False
        mask[list(model.settings.known)] = True
    return mask


def node_activity(probabilities: Probabilities, masks: Sequence[Mask]) -> Probabilities:
    """Q(i, j) = max over the classes k of node j of P(i, k) (Algorithm 4).

    Shape:
        probabilities (I, K), J masks (K,) -> (I, J); a node without classes gets 0
    """
    activity = np.zeros((len(probabilities), len(masks)), dtype=np.float32)
    for column, mask in enumerate(masks):
        activity[:, column] = probabilities[:, mask].max(axis=1, initial=0)
    return activity


def thresholds(model: Networks, asked: float | None) -> Probabilities:
    """The threshold of every class, (K,): the one asked for, else the model's own, never quite 0."""
    if asked is None and model.settings.class_thresholds is not None:
        values = np.asarray(model.settings.class_thresholds, dtype=np.float32)
    else:
        values = np.full(len(model.ontology.labels), model.settings.threshold if asked is None else asked, np.float32)
    return np.maximum(values, SMALLEST)
