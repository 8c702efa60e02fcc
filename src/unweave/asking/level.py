"""By level: every node of a level of the ontology that sounds somewhere (Algorithms 3 and 4 of the paper).

Or "auto", one set of tracks that takes each sound from the level that suits it (`unweave.asking.cut`), or "classes",
every class that the model knows by itself (Algorithm 3 without a level).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from unweave.asking.base import Look, Way, several, ways
from unweave.asking.cut import auto_group
from unweave.asking.needs import needs_classes
from unweave.asking.surely import faintly, heard_together, how_surely
from unweave.errors import UnweaveError
from unweave.inference.hierarchy import node_activity, node_mask
from unweave.inference.request import Group, Request
from unweave.inference.telling import ClassesTelling
from unweave.inference.wish import Prepared

if TYPE_CHECKING:
    from unweave.inference.heard import Heard
    from unweave.inference.recording import Recording
    from unweave.networks import Networks
    from unweave.ontology import Node

DEEPEST = 6
AUTO: Literal["auto"] = "auto"
CLASSES: Literal["classes"] = "classes"
Levels: TypeAlias = int | Literal["auto", "classes"]


@ways.register("level")
@dataclass(frozen=True)
class Level(Way):
    """One group for each level.

    Attributes:
        levels: 1 (coarse) to 6 (fine), "auto" or "classes", each once.
    """

    levels: tuple[Levels, ...]

    look = Look(
        option="--level",
        metavar="auto|N|classes",
        help=f"Level of the ontology, 1 (coarse) to {DEEPEST} (fine); auto takes each sound from the one that suits; "
        "classes: every class by itself.",
        argument="level",
        setting="levels",
        place=10,
    )

    @classmethod
    def of(cls, given: Any) -> Level | None:
        """Whole numbers, "auto" or "classes"."""
        levels = tuple(dict.fromkeys(_level(one) for one in several(given)))
        return cls(levels) if levels else None

    @classmethod
    def unasked(cls) -> Level:
        """Every sound once."""
        return cls((AUTO,))

    def plain(self) -> list[Any]:
        """The numbers, "auto" or "classes"."""
        return list(self.levels)

    def check(self, model: Networks) -> Sequence[str]:
        """The model must know classes, and its ontology the levels."""
        needs_classes(model)
        for level in self.levels:
            if isinstance(level, int):
                model.ontology.level(level)  # refuses what is not there
        return ()

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Nothing but the tags is needed."""
        return Prepared(self.groups)

    def groups(self, heard: Heard) -> list[Group]:
        """One for each level, even if nothing of it sounds."""
        return [auto_group(heard) if level == AUTO else level_group(heard, level) for level in self.levels]


def level_group(heard: Heard, level: int | Literal["classes"]) -> Group:
    """The nodes of a level, or the classes, that sound somewhere, the most prominent first."""
    ontology, name, settings = heard.model.ontology, f"level-{level}", heard.model.settings
    if level == CLASSES:
        nodes = [node for node in ontology.nodes if node.index is not None]
        return _sounding(heard, name, None, nodes, alone=True)
    nodes = ontology.level(level)
    if settings.level_threshold is None or heard.threshold is not None:
        return _sounding(heard, name, level, nodes)
    # Which nodes have a track says all that is heard of them; when such a track sounds, what is heard faintly too.
    own = [heard_together(heard.tags.clip[:, node_mask(heard.model, node)]) for node in nodes]
    sure = [how_surely(curve, settings.auto_longer) >= settings.level_threshold for curve in own]
    nodes = [node for node, enough in zip(nodes, sure, strict=True) if enough]
    return _sounding(faintly(heard), name, level, nodes)


def _sounding(heard: Heard, name: str, level: int | None, nodes: Sequence[Node], alone: bool = False) -> Group:
    """Those of some nodes that sound somewhere, the most prominent first.

    Args:
        heard: the recording.
        name: of the group.
        level: of the ontology.
        nodes: no two with one file name.
        alone: each stands for its own class only.
    """
    model, tags = heard.model, heard.tags
    masks = [node_mask(model, node, alone) for node in nodes]
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
    return Group(name, level, sorted(requests, key=lambda request: -request.strength), named=False)


def _level(level: Any) -> Levels:
    if level in (AUTO, CLASSES):
        return AUTO if level == AUTO else CLASSES
    number = int(level) if isinstance(level, str) and level.isdecimal() else level
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= DEEPEST:
        raise UnweaveError(
            f"There is no level {ascii(level)[:60]}; levels of the ontology go from 1 (coarse) to {DEEPEST} (fine), or "
            f"say {AUTO} or {CLASSES}."
        )
    return number
