"""The classes that tags may name: AudioSet's 527, or a collection's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from unweave.errors import UnweaveError
from unweave.ontology import Ontology


@dataclass(frozen=True)
class Vocabulary:
    """K classes in the order of a tagger's output.

    Attributes:
        names: of the classes.
        mids: AudioSet's identifiers, "" for a class that AudioSet does not have.
    """

    names: tuple[str, ...]
    mids: tuple[str, ...]

    @classmethod
    def audioset(cls) -> Vocabulary:
        """AudioSet's 527 classes."""
        labels = Ontology().labels
        return cls(tuple(label.name for label in labels), tuple(label.mid for label in labels))

    @classmethod
    def own(cls, names: Iterable[str]) -> Vocabulary:
        """A collection's own classes, sorted.

        Raises:
            UnweaveError: there is none.
        """
        unique = tuple(sorted(set(names)))
        if not unique:
            raise UnweaveError("There is no class in this collection; tag its clips first.")
        return cls(unique, ("",) * len(unique))

    @property
    def is_audioset(self) -> bool:
        """Whether the classes are AudioSet's, so that its hierarchy applies."""
        return self.mids == Vocabulary.audioset().mids

    def __len__(self) -> int:
        return len(self.names)
