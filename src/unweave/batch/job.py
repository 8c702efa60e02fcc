"""What is done to every item, with which model: plain data that goes to each worker, wherever that is."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from unweave.batch.items import Item

if TYPE_CHECKING:
    from unweave.model import Model

LETTERS = 16  # of a hash
TRIES = 3  # of what may yet succeed
HEAVY = 15_000_000  # parameters of a separator from which on compiling it pays in every worker


@dataclass(frozen=True)
class Job:
    """One for all items of a campaign.

    Attributes:
        verb: what is done.
        out: the output, an absolute path.
        model: a name or a path; None for the one in the box.
        device: where the networks run.
        backend: what runs them on a CPU; never "auto", whose choice depends on the time and would show in the bytes.
        precision: of the networks.
        published: whether they cut and gate as the published code does.
        tracks: arguments of `Model.separate_file` or of `Model.tag`; None if no tracks are wanted.
        changes: arguments of `Model.remix_file`; None if no change is wanted.
        overwrite: whether folders of results that no campaign made may be replaced.
        tries: of what may yet succeed, such as a file that could not be opened.
        settings: hash of all that shapes the results but the model.
        weights: hash of the model.
    """

    verb: Literal["separate", "tag"]
    out: str
    model: str | None = None
    device: str = "cpu"
    backend: str = "eager"
    precision: str = "float32"
    published: bool = False
    tracks: Mapping[str, Any] | None = field(default_factory=dict)
    changes: Mapping[str, Any] | None = None
    overwrite: bool = False
    tries: int = TRIES
    settings: str = ""
    weights: str = ""

    def load(self) -> Model:
        """The model, ready to work."""
        from unweave.pretrained.load import load_model

        backend = self.backend if self.device == "cpu" else "auto"
        model = load_model(self.model, self.device, precision=self.precision, backend=backend)
        return model.published() if self.published else model

    def stamp(self, item: Item, size: int, modified_ns: int) -> str:
        """What makes results good for as long as it stays the same."""
        return _hash([self.settings, self.weights, size, modified_ns, item.start, item.end])


def hash_settings(job: Job, files: list[Path]) -> str:
    """A hash of what is asked and how it is written.

    Args:
        job: without hashes.
        files: that are read for it, such as examples: other ones are other settings.
    """
    stamps = [(os.fspath(path), *_stamp(path)) for path in files]
    plain = [job.verb, job.precision, job.published, job.tracks, job.changes, stamps]
    return _hash(plain)


def _hash(plain: Any) -> str:
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:LETTERS]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (-1, -1)
    return status.st_size, status.st_mtime_ns


def settled_backend(backend: str, model: Model) -> str:
    """A backend by name, the same one in every run on a machine of this kind."""
    from unweave.engines import pick

    if backend != "auto":
        return backend
    heavy = sum(parameter.numel() for parameter in model.separator.parameters()) > HEAVY
    return pick("auto").title if heavy else "eager"
