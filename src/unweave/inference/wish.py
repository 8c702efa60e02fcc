"""What a separation needs of whatever is asked: the face that every way of asking (`unweave.asking`) shows to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unweave.inference.request import Group

if TYPE_CHECKING:
    from unweave.inference.heard import Heard
    from unweave.inference.recording import Recording, Samples
    from unweave.networks import Networks
    from unweave.ontology import Ontology


def no_groups(heard: Heard) -> list[Group]:
    """For wishes that make no tracks of their own."""
    return []


@dataclass(frozen=True)
class Prepared:
    """A wish that is ready for one recording. What it learns of that recording stays in here.

    Attributes:
        groups: the requests, once the whole recording was heard.
        hear: called with every block (C, n) at the recording's rate, in order, while it is heard: the only time at
            which a wish has the sound itself. What is kept of a block must be copied. None for those that need only
            what the tagger says.
        amend: called with the groups of all wishes together, and gives those that are separated in their place. None
            for those that leave the others alone.
        sentences: that the user should read, such as what was left out of a folder of examples.
    """

    groups: Callable[[Heard], list[Group]] = no_groups
    hear: Callable[[Samples], None] | None = None
    amend: Callable[[Heard, list[Group]], list[Group]] | None = None
    sentences: Sequence[str] = ()


class Wish(ABC):
    """Something that is asked of recordings; one instance serves any number of them."""

    @property
    def files(self) -> Sequence[Path]:
        """What is read on the way, and must not be written over."""
        return ()

    def check_names(self, ontology: Ontology) -> None:
        """Refuse what an ontology does not hold, for whoever has no model yet.

        Raises:
            UnweaveError: a name that is not there.
        """
        return

    def check(self, model: Networks) -> Sequence[str]:
        """Refuse what a model cannot answer, before any work is done.

        Returns:
            Sentences that the user should read in any case, such as how words were understood.

        Raises:
            UnweaveError: the model cannot be asked so, or has not learnt it.
        """
        return ()

    @abstractmethod
    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Get ready for a recording that is open but not heard yet.

        Args:
            model: one that passed `check`.
            recording: the one that will be heard.
            batch: rows that are held for the networks at once; None: see `Batches`.

        Raises:
            UnweaveError: an example that cannot be used, or something that the recording does not have.
        """


@dataclass(frozen=True)
class Asked:
    """All that somebody asks for at once.

    Attributes:
        wishes: in the order of their groups.
        settings: the same in plain data, as `tracks.json` has it.
    """

    wishes: tuple[Wish, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
