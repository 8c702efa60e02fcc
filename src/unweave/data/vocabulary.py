"""The classes that tags may name: AudioSet's 527, or a collection's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from unweave.errors import UnweaveError
from unweave.ontology import Ontology
from unweave.ontology.lookup import plain, suggest

NAMED = 5  # labels that an error lists


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


def audioset_class(label: str) -> int | None:
    """Index of the AudioSet class that `label` names exactly (case, underscores, hyphens and accents aside), if any.

    Args:
        label: a name as "Dog" or "car_alarm", or a mid as "/m/0bt9lr".
    """
    mids, names = _audioset_places()
    place = mids.get(label.strip())
    return names.get(plain(label)) if place is None else place


def choose(labels: Iterable[str], mode: str = "auto") -> tuple[Vocabulary, dict[str, int]]:
    """The vocabulary for a collection's labels, and the class that each label is.

    Args:
        labels: every label of the collection, in any order and number.
        mode: "audioset": AudioSet's classes; "own": the labels themselves; "auto": AudioSet's if every label names
            one of its classes exactly, otherwise their own.

    Raises:
        UnweaveError: no label at all, another mode, or with "audioset" a label that AudioSet does not have.
    """
    labels = sorted(set(labels))
    if mode not in ("auto", "audioset", "own"):
        raise UnweaveError(f"The option labels is {mode!r}; it must be auto, audioset or own.")
    own = Vocabulary.own(labels)
    if mode != "own":
        places = {label: audioset_class(label) for label in labels}
        known = {label: place for label, place in places.items() if place is not None}
        if len(known) == len(labels):
            return Vocabulary.audioset(), known
        if mode == "audioset":
            raise UnweaveError(_unknown([label for label in labels if label not in known]))
    return own, {name: place for place, name in enumerate(own.names)}


@lru_cache(maxsize=1)
def _audioset_places() -> tuple[dict[str, int], dict[str, int]]:
    labels = Ontology().labels
    return {label.mid: label.index for label in labels}, {plain(label.name): label.index for label in labels}


def _unknown(labels: list[str]) -> str:
    ontology = Ontology()
    classes = [ontology.find(label.mid) for label in ontology.labels]
    said = []
    for label in labels[:NAMED]:
        close = suggest(classes, label)[:2]
        said.append(
            f"{label!r}" + (f" (did you mean {' or '.join(repr(node.name) for node in close)}?)" if close else "")
        )
    more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
    return (
        f"AudioSet has no class for {', '.join(said)}{more}; rename what you can, or set labels to own and train a "
        "tagger with the collection's own classes."
    )
