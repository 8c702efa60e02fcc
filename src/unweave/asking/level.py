"""By level: every node of a level of the ontology that sounds somewhere (Algorithms 3 and 4 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from unweave.asking.base import Look, Way, several, ways
from unweave.asking.needs import needs_classes
from unweave.errors import UnweaveError
from unweave.inference.hierarchy import node_activity, node_mask
from unweave.inference.request import Group, Request
from unweave.inference.telling import ClassesTelling
from unweave.inference.wish import Prepared

if TYPE_CHECKING:
    from unweave.inference.heard import Heard
    from unweave.inference.recording import Recording
    from unweave.networks import Networks

DEEPEST = 6
UNASKED = (1, 2, 3)


@ways.register("level")
@dataclass(frozen=True)
class Level(Way):
    """One group for each level.

    Attributes:
        levels: 1 (coarse) to 6 (fine), each once.
    """

    levels: tuple[int, ...]

    look = Look(
        option="--level",
        metavar="N",
        help=f"Level of the ontology, 1 (coarse) to {DEEPEST} (fine).",
        argument="level",
        setting="levels",
        place=10,
        kind=int,
    )

    @classmethod
    def of(cls, given: Any) -> Level | None:
        """Whole numbers."""
        levels = tuple(dict.fromkeys(_level(one) for one in several(given)))
        return cls(levels) if levels else None

    @classmethod
    def unasked(cls) -> Level:
        """Three of them."""
        return cls(UNASKED)

    def plain(self) -> list[Any]:
        """The numbers."""
        return list(self.levels)

    def check(self, model: Networks) -> Sequence[str]:
        """The model must know classes, and its ontology the levels."""
        needs_classes(model)
        for level in self.levels if self.levels != UNASKED else ():
            model.ontology.level(level)  # refuses what is not there
        return ()

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Nothing but the tags is needed."""
        return Prepared(self.groups)

    def groups(self, heard: Heard) -> list[Group]:
        """One for each level, even if nothing of it sounds."""
        levels = self.levels
        if levels == UNASKED:  # what nobody asked for need not be there: own classes have one level
            levels = tuple(level for level in levels if level <= heard.model.ontology.depth)
        return list(map(partial(level_group, heard), levels))


def level_group(heard: Heard, level: int) -> Group:
    """The nodes of a level that sound somewhere, the most prominent first."""
    model, tags = heard.model, heard.tags
    nodes = model.ontology.level(level)
    masks = [node_mask(model, node) for node in nodes]
    probability = node_activity(tags.clip, masks)
    active = node_activity(tags.clip / heard.limits, masks) >= 1
    requests = [
        Request(
            name=node.name,
            file=model.ontology.file_name(node),
            telling=ClassesTelling(masks[j]),
            activity=active[:, j],
            mid=node.mid,
            probability=float(probability[:, j].max(initial=0)),
            strength=float(probability[active[:, j], j].sum()),
            events=heard.events(node, masks[j], active[:, j], probability[:, j]),
        )
        for j, node in enumerate(nodes)
        if active[:, j].any()
    ]
    return Group(f"level-{level}", level, sorted(requests, key=lambda request: -request.strength))


def _level(level: Any) -> int:
    if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= DEEPEST:
        raise UnweaveError(
            f"There is no level {ascii(level)[:60]}; levels of the ontology go from 1 (coarse) to {DEEPEST} (fine)."
        )
    return level
