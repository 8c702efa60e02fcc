"""The classes and the ontology above them, as `light.json` tells them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave_light.errors import LightError

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Node:
    """One node.

    Attributes:
        place: in the list of nodes.
        mid: as "/m/0bt9lr".
        name: as "Dog".
        level: 1 (coarse) to 6.
        index: of its class, or None if it only groups others.
        children: places of the nodes below.
        parents: places of those above.
        known: indexes of the classes in and below it that the model has learnt.
        instead: place of the node that is taken for it where the model has learnt nothing of it, or None.
        counts: whether it counts among the nodes of its level.
        stem: name of a file.
        file: the same, different from those of all others of its level.
    """

    place: int
    mid: str
    name: str
    level: int
    index: int | None
    children: tuple[int, ...]
    parents: tuple[int, ...]
    known: tuple[int, ...]
    instead: int | None
    counts: bool
    stem: str
    file: str


class Nodes:
    """All of them."""

    def __init__(self, told: list[dict[str, Any]], classes: list[int]) -> None:
        self.all = [_node(place, one) for place, one in enumerate(told)]
        self.classes = [self.all[place] for place in classes]
        self.known = np.array([node.index in node.known for node in self.classes])
        self.roots = [node for node in self.all if not node.parents]

    def mask(self, node: Node, alone: bool = False) -> Mask:
        """The classes that a node holds and the model knows, (K,); `alone`: only its own class, if it is one."""
        mask = np.zeros(len(self.classes), bool)
        mask[list(node.known)] = True
        if alone and node.index is not None:
            own = mask[node.index]
            mask[:] = False
            mask[node.index] = own
        return mask

    def above(self, node: Node) -> set[Node]:
        """Every node above."""
        found: set[Node] = set()
        waiting = list(node.parents)
        while waiting:
            here = self.all[waiting.pop()]
            if here not in found:
                found.add(here)
                waiting += here.parents
        return found

    def level(self, level: int) -> list[Node]:
        """The nodes of a level.

        Raises:
            LightError: there is none such.
        """
        found = [node for node in self.all if node.level == level and node.counts]
        if not found:
            deepest = max(node.level for node in self.all)
            raise LightError(f"There is no level {level}; levels go from 1 (coarse) to {deepest} (fine).")
        return found

    def find(self, text: str) -> Node:
        """The node of a name, a mid or the index of a class.

        Raises:
            LightError: nothing is called so; close names are suggested.
        """
        text = text.strip()
        if text.isdecimal() and int(text) < len(self.classes):
            return self.classes[int(text)]
        wanted = text.casefold()
        for node in self.all:
            if wanted in (node.mid.casefold(), node.name.casefold()):
                return node
        names = {node.name.casefold(): node.name for node in self.all}
        close = [names[name] for name in difflib.get_close_matches(wanted[:200], names, 4, 0.5)]
        close += [name for key, name in names.items() if wanted and wanted in key and name not in close][:4]
        hint = f" Did you mean {', '.join(close[:5])}?" if close else ""
        raise LightError(f"There is no class {text[:60]!r}.{hint}")


def _node(place: int, told: dict[str, Any]) -> Node:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    return Node(place=place, **values)
