"""AudioSet's ontology: 527 classes at the leaves and inside of a graph of 632 nodes (the hierarchy of Section 3.9)."""

from unweave.ontology.graph import Graph, Node
from unweave.ontology.labels import Label
from unweave.ontology.ontology import Ontology

__all__ = ["Graph", "Label", "Node", "Ontology"]
