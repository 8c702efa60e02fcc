"""By example: sounds like those of a file, or of all files under a folder (equation 9 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from unweave.asking.base import Look, Way, several, ways
from unweave.asking.needs import needs_ears
from unweave.errors import UnweaveError
from unweave.inference.report import printable
from unweave.inference.request import Group, Request
from unweave.inference.telling import Telling, VectorTelling
from unweave.inference.wish import Prepared
from unweave.ontology.filenames import safe_name, unique_names

if TYPE_CHECKING:
    from unweave.inference.heard import Heard
    from unweave.inference.recording import Recording
    from unweave.networks import Networks

Examples: TypeAlias = str | Path | Sequence[str | Path]
FOLDER = "queries"


@ways.register("example")
@dataclass(frozen=True)
class Example(Way):
    """One group, with one request for each path; wherever such a sound is, it is wanted.

    Attributes:
        paths: of files or folders.
    """

    paths: tuple[Path, ...]

    look = Look(
        option="--query",
        metavar="PATH",
        help="An example sound, or a folder of them.",
        argument="query",
        setting="queries",
        place=30,
        kind=Path,
    )

    @classmethod
    def of(cls, given: Any) -> Example | None:
        """Paths that are there."""
        paths = tuple(_path(one) for one in several(given))
        return cls(paths) if paths else None

    @classmethod
    def means(cls, what: Any) -> bool:
        """A path, or the text of one that is there."""
        try:
            return isinstance(what, Path) or (isinstance(what, str) and what != "" and Path(what).exists())
        except (OSError, ValueError):  # too long for a name, or a NUL in it
            return False

    def plain(self) -> list[Any]:
        """The paths."""
        return [printable(path) for path in self.paths]

    @property
    def files(self) -> Sequence[Path]:
        """The paths."""
        return self.paths

    def check(self, model: Networks) -> Sequence[str]:
        """The model must have a tagger."""
        needs_ears(model)
        return ()

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        """Listen to the examples."""
        from unweave.inference.query import query_condition

        left_out: list[str] = []
        tellings = [VectorTelling(query_condition(model, path, batch, left_out)) for path in self.paths]
        return Prepared(partial(self.groups, tellings), sentences=left_out)

    def groups(self, tellings: Sequence[Telling], heard: Heard) -> list[Group]:
        """Every example, told everywhere."""
        everywhere = np.ones(len(heard.tags.clip), dtype=bool)
        resolved = [path.resolve() for path in self.paths]
        stems = [path.stem if path.is_file() else path.name for path in resolved]
        names = unique_names([safe_name(printable(stem)) for stem in stems])
        requests = [
            Request(name, name, telling, everywhere, query=printable(path))
            for name, path, telling in zip(names, self.paths, tellings, strict=True)
        ]
        return [Group(FOLDER, None, requests)]


def _path(path: Any) -> Path:
    if not isinstance(path, (str, Path)):
        raise UnweaveError(f"An example sound is a file or a folder of files, not {type(path).__name__}.")
    try:
        there = Path(path).exists()
    except (OSError, ValueError):  # longer than any path, or with a letter that none has
        there = False
    if not there:
        raise UnweaveError(f"The example {str(path)[:200]!r} does not exist.")
    return Path(path)
