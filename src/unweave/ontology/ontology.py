"""Labels and graph together: everything that the rest of the package asks the ontology."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import SupportsIndex

from unweave.errors import UnweaveError
from unweave.ontology.filenames import LONGEST_NAME, file_names, is_name
from unweave.ontology.graph import Graph, Node, read_graph
from unweave.ontology.labels import Label, read_labels
from unweave.ontology.lookup import find_by_text


class Ontology:
    """The classes and the graph above them; AudioSet's unless other files are given.

    Nothing is read before the first question, and AudioSet's files are read once for all instances.

    Args:
        folder: holds `class_labels_indices.csv` and `ontology.json` in AudioSet's layout.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = None if folder is None else Path(folder)
        self._given: tuple[tuple[Label, ...], Graph] | None = None

    @classmethod
    def flat(cls, names: Iterable[str]) -> Ontology:
        """Own classes without an order above them: one level that holds them all.

        Their mids are `own:NAME`.

        Raises:
            UnweaveError: no class, one twice, or a name that is none.
        """
        names = list(names)
        if bad := [name for name in names if not is_name(name)]:
            raise UnweaveError(
                f"{ascii(bad[0][:60])} cannot be the name of a class; write one line of 1 to {LONGEST_NAME} letters."
            )
        labels = tuple(Label(index, f"own:{name}", name) for index, name in enumerate(names))
        if not labels or len({label.mid for label in labels}) < len(labels):
            raise UnweaveError("Own classes need a name each, and no name may come twice.")
        ontology = cls()
        ontology._given = labels, Graph(Node(label.mid, label.name, label.index, (), (), 1) for label in labels)
        return ontology

    @property
    def is_audioset(self) -> bool:
        """Whether this is AudioSet's own."""
        return self._folder is None and self._given is None

    @property
    def depth(self) -> int:
        """The finest level (6 for AudioSet, 1 for own classes)."""
        return max(self._levels)

    @cached_property
    def _read(self) -> tuple[tuple[Label, ...], Graph]:
        if self._given is not None:
            return self._given
        return _read_audioset() if self._folder is None else _read_folder(self._folder)

    @property
    def labels(self) -> tuple[Label, ...]:
        """The K classes in the order of a tagger's output (527 for AudioSet)."""
        return self._read[0]

    @property
    def graph(self) -> Graph:
        """The graph itself."""
        return self._read[1]

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node, in the order of the file (632 for AudioSet)."""
        return tuple(self.graph.nodes.values())

    @cached_property
    def roots(self) -> tuple[Node, ...]:
        """The nodes without a parent (7 for AudioSet)."""
        return tuple(node for node in self.nodes if not node.parents)

    @cached_property
    def _levels(self) -> dict[int, list[Node]]:
        levels: dict[int, list[Node]] = {}
        for node in self.nodes:
            if self.graph.descendants(node, tree=True):
                levels.setdefault(node.level, []).append(node)
        return levels

    def level(self, n: int) -> list[Node]:
        """Nodes at depth `n` that hold at least one class (Algorithm 3).

        AudioSet has 7, 41, 251, 198, 56 and 3 of them, as in the paper. A node counts if it holds a class in the
        tree of first parents; of AudioSet's nodes only Microphone holds one by another edge alone.

        Args:
            n: 1 (coarse) to 6 (fine).

        Raises:
            UnweaveError: there is no such level.
        """
        if isinstance(n, bool) or n not in self._levels:
            among = f"levels go from 1 to {self.depth}" if self.depth > 1 else "these classes have level 1 alone"
            raise UnweaveError(f"There is no level {n} in the ontology; {among}.")
        return list(self._levels[n])

    def descendants(self, node: Node | str | int, tree: bool = False) -> list[int]:
        """Indexes of the classes in and below a node, its own included, ascending (children(j) of Algorithm 4).

        Args:
            node: a node, or whatever `find` takes.
            tree: only along first parents, as published results need it (Music: 146 classes in place of 150).
        """
        return self.graph.descendants(self._node(node), tree)

    def ancestors(self, node: Node | str | int) -> list[Node]:
        """Every node above, the nearest first."""
        return self.graph.ancestors(self._node(node))

    def find(self, text: str | SupportsIndex) -> Node:
        """The node of a name, a mid or the index of a class.

        Names are taken loosely: case, punctuation, plurals, one item of "Bee, wasp, etc.", the beginning of a name
        that begins no other.

        Raises:
            UnweaveError: nothing fits, or several do; the message suggests up to five names.
        """
        if isinstance(text, str):
            index = int(text) if text.strip().isdecimal() else None
        else:
            index = operator.index(text)
        if index is None:
            return find_by_text(self.nodes, str(text))
        if not 0 <= index < len(self.labels):
            raise UnweaveError(f"There is no class with index {index}; indexes go from 0 to {len(self.labels) - 1}.")
        return self.graph.nodes[self.labels[index].mid]

    def file_name(self, node: Node | str | int) -> str:
        """A node's name as the stem of a file, different from those of the other nodes of its level."""
        here = self._node(node)
        return self._file_names[here.level][here.mid]

    @cached_property
    def _file_names(self) -> dict[int, dict[str, str]]:
        levels = {node.level for node in self.nodes}
        return {level: file_names(node for node in self.nodes if node.level == level) for level in levels}

    def _node(self, node: Node | str | int) -> Node:
        return node if isinstance(node, Node) else self.find(node)


def _read_folder(folder: Path) -> tuple[tuple[Label, ...], Graph]:
    try:
        with open(folder / "class_labels_indices.csv", encoding="utf-8", newline="") as file:
            labels = read_labels(file)
        with open(folder / "ontology.json", encoding="utf-8") as file:
            return labels, read_graph(file, labels)
    except (OSError, UnicodeDecodeError) as error:
        raise UnweaveError(f"The ontology in {folder} cannot be read: {error}.") from error


@lru_cache(maxsize=1)
def _read_audioset() -> tuple[tuple[Label, ...], Graph]:
    with resources.as_file(resources.files("unweave.ontology") / "assets") as folder:
        return _read_folder(folder)
