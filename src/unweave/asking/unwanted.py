"""What is not wanted: whatever else is asked for, less what sounds like that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from unweave.asking.base import Look, Way, ways
from unweave.errors import UnweaveError
from unweave.inference.heard import events_of
from unweave.inference.hierarchy import node_activity
from unweave.inference.less import LessTelling, TogetherTelling
from unweave.inference.report import printable
from unweave.inference.request import Group, Request
from unweave.inference.telling import ClassesTelling, Telling
from unweave.inference.wish import Prepared

if TYPE_CHECKING:
    from unweave.inference.heard import Heard
    from unweave.inference.recording import Recording, Samples
    from unweave.networks import Networks
    from unweave.ontology import Ontology


@ways.register("unwanted")
@dataclass(frozen=True)
class Unwanted(Way):
    """No group of its own; what the others ask for is told less these.

    Attributes:
        named: each in the way in which it was named.
        given: as it was given.
    """

    named: tuple[Way, ...]
    given: tuple[Any, ...]

    look = Look(
        option="--not",
        metavar="WHAT",
        help="Not what sounds like that: a class, an example sound or a stretch.",
        argument="not_",
        setting="not",
        place=60,
    )
    wants = False

    @classmethod
    def of(cls, given: Any) -> Unwanted | None:
        """A class, a path or a stretch, or several of them."""
        from unweave.asking.what import every_what, named

        each = every_what(given)
        return cls(tuple(named(one) for one in each), tuple(each)) if each else None

    def plain(self) -> list[Any]:
        """As they were given."""
        return [printable(one) if isinstance(one, Path) else one for one in self.given]

    @property
    def files(self) -> Sequence[Path]:
        """The examples."""
        return [file for way in self.named for file in way.files]

    def check_names(self, ontology: Ontology) -> None:
        """The classes must be there."""
        for way in self.named:
            way.check_names(ontology)

    def check(self, model: Networks) -> Sequence[str]:
        """The model must know what is not wanted."""
        return [sentence for way in self.named for sentence in way.check(model)]

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Whatever each of them needs."""
        prepared = [way.prepare(model, recording, batch) for way in self.named]
        listeners = [one.hear for one in prepared if one.hear is not None]

        def hear(block: Samples) -> None:
            for listener in listeners:
                listener(block)

        said = [sentence for one in prepared for sentence in one.sentences]
        return Prepared(hear=hear if listeners else None, amend=partial(_amend, prepared), sentences=said)


def _amend(prepared: Sequence[Prepared], heard: Heard, groups: list[Group]) -> list[Group]:
    """The requests of all groups less what is not wanted; those of which nothing is left are left out."""
    unwanted = [request for one in prepared for group in one.groups(heard) for request in group.requests]
    if (turned := next((request for request in unwanted if request.rest), None)) is not None:
        raise UnweaveError(
            f"What is not wanted is a sound, and not {turned.name!r}; ask for what is left of it instead."
        )
    tellings = tuple(request.telling for request in unwanted)
    kept = []
    for group in groups:
        requests = [
            _but(request, unwanted) if request.rest else _less(heard, group, request, tellings)
            for request in group.requests
        ]
        left = [request for request in requests if request is not None]
        if requests and not left and group.level is None:
            names = ", ".join(request.name for request in unwanted)
            raise UnweaveError(f"Nothing is left of what is asked for: {names} is not wanted.")
        kept.append(replace(group, requests=left))
    return kept


def _but(request: Request, unwanted: Sequence[Request]) -> Request:
    """Everything but what the request leaves out, and but what is not wanted."""
    more = [one for one in unwanted if one.telling.key() != request.telling.key()]
    if not more:
        return request
    activity = np.any([request.activity, *(one.activity for one in more)], axis=0)
    telling = TogetherTelling((request.telling, *(one.telling for one in more)))
    return replace(request, telling=telling, activity=activity)


def _less(heard: Heard, group: Group, request: Request, unwanted: tuple[Telling, ...]) -> Request | None:
    """The request less what is not wanted; None if that is all of it."""
    if request.telling.key() in {telling.key() for telling in unwanted}:
        return None
    telling = request.telling
    if isinstance(telling, ClassesTelling):
        masks = [other.mask for other in unwanted if isinstance(other, ClassesTelling)]
        left = telling.mask & ~np.any([np.zeros_like(telling.mask), *masks], axis=0)
        if not left.any():
            return None
        if telling.asked is None and (left != telling.mask).any():  # what is asked for by name is told by its name
            request = replace(request, telling=ClassesTelling(left))
            if group.level is not None:
                sounding = node_activity(heard.tags.clip / heard.limits, [left])[:, 0] >= 1
                if not (request.activity & sounding).any():  # it was there for what is not wanted alone
                    return None
                events = events_of(heard.tags, left, heard.limits, request.name, request.mid or "")
                request = replace(request, activity=request.activity & sounding, events=events)
    return replace(request, telling=LessTelling(request.telling, unwanted))
