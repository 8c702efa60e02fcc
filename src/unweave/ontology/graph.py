"""The graph that orders the classes from coarse to fine.

AudioSet's ontology is no tree: 38 of its nodes have several parents. The level of a node is its depth along first
parents (the parent that the file names first), as in the paper, so every node has exactly one level; what a node
*holds* follows all edges, unless the tree of first parents is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from unweave.errors import UnweaveError
from unweave.ontology.labels import Label


@dataclass(frozen=True)
class Node:
    """One node of the ontology.

    Attributes:
        mid: machine identifier, as "/m/0bt9lr".
        name: what people call it, as "Dog".
        index: place among a tagger's classes, or None if the node only groups others.
        children: mids of the nodes below.
        parents: mids of the nodes above, in the order of the file; empty for a root.
        level: depth along first parents; roots have 1.
        description: what AudioSet says of it.
    """

    mid: str
    name: str
    index: int | None
    children: tuple[str, ...]
    parents: tuple[str, ...]
    level: int
    description: str = ""


class Graph:
    """Nodes by mid, in the order of the file, and the ways between them."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: dict[str, Node] = {node.mid: node for node in nodes}
        self._below: dict[tuple[str, bool], list[int]] = {}  # what was asked before: a recording asks hundreds of times

    def descendants(self, node: Node, tree: bool = False) -> list[int]:
        """Indexes of the classes in and below `node`, ascending (children(j) of Algorithm 4).

        Args:
            node: where to start.
            tree: follow only the edges from first parents, as the published code does.
        """
        if (node.mid, tree) not in self._below:
            self._below[node.mid, tree] = self._find(node, tree)
        return list(self._below[node.mid, tree])

    def _find(self, node: Node, tree: bool) -> list[int]:
        found: set[int] = set()
        seen: set[str] = set()
        waiting = [node.mid]
        while waiting:
            mid = waiting.pop()
            if mid in seen:
                continue
            seen.add(mid)
            here = self.nodes[mid]
            if here.index is not None:
                found.add(here.index)
            waiting += [child for child in here.children if not tree or self.nodes[child].parents[0] == mid]
        return sorted(found)

    def ancestors(self, node: Node) -> list[Node]:
        """Every node above `node`, the nearest first."""
        found: dict[str, Node] = {}
        rank = list(node.parents)
        while rank:
            above: list[str] = []
            for mid in rank:
                if mid not in found:
                    found[mid] = self.nodes[mid]
                    above += self.nodes[mid].parents
            rank = above
        return list(found.values())


def read_graph(file: TextIO, labels: Iterable[Label]) -> Graph:
    """Read a graph in the layout of AudioSet's `ontology.json`.

    Args:
        file: list of objects with `id`, `name`, `child_ids` and perhaps `description`.
        labels: the classes among the nodes.

    Raises:
        UnweaveError: another layout, an edge or a label that leads nowhere, or a circle.
    """
    try:
        entries = {str(entry["id"]): entry for entry in json.load(file)}
        children = {mid: tuple(str(child) for child in entry["child_ids"]) for mid, entry in entries.items()}
        names = {mid: str(entry["name"]) for mid, entry in entries.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise UnweaveError("An ontology is a JSON list of nodes with id, name and child_ids.") from error
    indexes = {label.mid: label.index for label in labels}
    named = {child for row in children.values() for child in row} | indexes.keys()
    lost = sorted(named - entries.keys())
    if lost:
        raise UnweaveError(f"The ontology has no node {lost[0]!r}, but an edge or a label leads to it.")

    parents: dict[str, list[str]] = {mid: [] for mid in entries}
    for mid, row in children.items():
        for child in row:
            parents[child].append(mid)
    _refuse_circles(children, parents)

    levels: dict[str, int] = {}

    def level(mid: str) -> int:
        if mid not in levels:
            levels[mid] = 1 + (level(parents[mid][0]) if parents[mid] else 0)
        return levels[mid]

    return Graph(
        Node(
            mid=mid,
            name=names[mid],
            index=indexes.get(mid),
            children=children[mid],
            parents=tuple(parents[mid]),
            level=level(mid),
            description=str(entry.get("description", "")),
        )
        for mid, entry in entries.items()
    )


def _refuse_circles(children: dict[str, tuple[str, ...]], parents: dict[str, list[str]]) -> None:
    """Take away nodes without parents until none is left; what cannot be taken away goes round in a circle."""
    left = {mid: len(above) for mid, above in parents.items()}
    free = [mid for mid, count in left.items() if count == 0]
    while free:
        mid = free.pop()
        del left[mid]
        for child in children[mid]:
            left[child] -= 1
            if left[child] == 0:
                free.append(child)
    if left:
        raise UnweaveError(f"The ontology goes round in a circle through {sorted(left)[0]!r}.")
