"""By level: every node of a level of the ontology that sounds somewhere (Algorithms 3 and 4 of the paper).

Or "auto", one set of tracks that takes each sound from the level that suits it (`unweave.asking.cut`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from unweave.asking.base import Look, Way, several, ways
from unweave.asking.cut import auto_group
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
AUTO: Literal["auto"] = "auto"
Levels: TypeAlias = int | Literal["auto"]


@ways.register("level")
@dataclass(frozen=True)
class Level(Way):
    """One group for each level.

    Attributes:
        levels: 1 (coarse) to 6 (fine) or "auto", each once.
    """

    levels: tuple[Levels, ...]

    look = Look(
        option="--level",
        metavar="auto|N",
        help=f"Level of the ontology, 1 (coarse) to {DEEPEST} (fine); auto takes each sound from the one that suits.",
        argument="level",
        setting="levels",
        place=10,
    )

    @classmethod
    def of(cls, given: Any) -> Level | None:
        """Whole numbers, or "auto"."""
        levels = tuple(dict.fromkeys(_level(one) for one in several(given)))
        return cls(levels) if levels else None

    @classmethod
    def unasked(cls) -> Level:
        """Every sound once."""
        return cls((AUTO,))

    def plain(self) -> list[Any]:
        """The numbers, or "auto"."""
        return list(self.levels)

    def check(self, model: Networks) -> Sequence[str]:
        """The model must know classes, and its ontology the levels."""
        needs_classes(model)
        for level in self.levels:
            if level != AUTO:
                model.ontology.level(level)  # refuses what is not there
        return ()

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Nothing but the tags is needed."""
        return Prepared(self.groups)

    def groups(self, heard: Heard) -> list[Group]:
        """One for each level, even if nothing of it sounds."""
        return [auto_group(heard) if level == AUTO else level_group(heard, level) for level in self.levels]


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
    return Group(f"level-{level}", level, sorted(requests, key=lambda request: -request.strength), named=False)


def _level(level: Any) -> Levels:
    if level == AUTO:
        return AUTO
    number = int(level) if isinstance(level, str) and level.isdecimal() else level
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= DEEPEST:
        raise UnweaveError(
            f"There is no level {ascii(level)[:60]}; levels of the ontology go from 1 (coarse) to {DEEPEST} (fine), or "
            f"say {AUTO}."
        )
    return number
