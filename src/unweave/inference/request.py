"""A request: one track that is wanted: what the separator is told, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from unweave.inference.events import Event

if TYPE_CHECKING:
    from unweave.inference.telling import Telling


@dataclass(frozen=True)
class HeardClass:
    """A class that was heard where somebody pointed: in a stretch of the recording, say.

    Attributes:
        name: of the class.
        mid: of the class.
        probability: the highest that the tagger gave there.
    """

    name: str
    mid: str
    probability: float


@dataclass(eq=False)
class Request:
    """One wanted track.

    Attributes:
        name: as people read it.
        file: stem of the file, different from the others of the group.
        telling: what the separator is told.
        activity: segments in which it is separated, (I,); it is silent in the others.
        mid: of the node that was asked for, or None.
        query: what it was asked with where that is not a node: the path of an example, say; or None.
        probability: the highest that the tagger gave in any segment, or None.
        rest: whether the track is the recording without what the separator returns ("everything but").
        strength: probability summed over the active segments, for the choice of the most prominent.
        events: when it sounds.
        heard: classes that sound in what it was asked with, the most probable first.
    """

    name: str
    file: str
    telling: Telling
    activity: NDArray[np.bool_]
    mid: str | None = None
    query: str | None = None
    probability: float | None = None
    rest: bool = False
    strength: float = 0.0
    events: list[Event] = field(default_factory=list)
    heard: list[HeardClass] = field(default_factory=list)

    def key(self) -> object:
        """The same for requests of which the separator has the same answer, such as a node and its only child."""
        return self.telling.key(), self.activity.tobytes()

    def sound(self) -> object:
        """The same for requests that have the same track: "everything but" a sound is not that sound."""
        return self.key(), self.rest


@dataclass
class Group:
    """Requests whose tracks and residual add up to the input.

    Attributes:
        name: folder of the tracks: "sounds", "level-1", "classes", "queries".
        level: of the ontology, or None.
        requests: the tracks, in the order in which they are given back.
        named: somebody asked for these very tracks; of others, those that turn out too faint stay in the residual.
        loudest_first: they are given back in the order of their energy instead.
    """

    name: str
    level: int | None
    requests: list[Request]
    named: bool = True
    loudest_first: bool = False
