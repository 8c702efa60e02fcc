"""A recording and its examples in the folder of a job: the same files under second names, and no path anywhere else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from unweave.app.refusals import not_found
from unweave.ontology.filenames import unique_names


def linked(arguments: dict[str, Any], folder: Path, recording: Path) -> dict[str, Any]:
    """Link a recording and all examples into a folder, and name them in the arguments as they are called there.

    Args:
        arguments: in which examples are paths.
        folder: of the job.
        recording: it keeps its name; an example of the same name gets another.

    Raises:
        Refused: one of them was deleted meanwhile.
    """
    paths = list(dict.fromkeys([recording, *_paths(arguments)]))
    stems = unique_names([path.stem for path in paths])
    names = {path: Path(stem + path.suffix) for path, stem in zip(paths, stems, strict=True)}
    for path, name in names.items():
        link(path, folder / name)

    def renamed(value: Any) -> Any:
        if isinstance(value, Path):
            return names[value]
        if isinstance(value, dict):
            return {renamed(key): renamed(one) for key, one in value.items()}
        return [renamed(one) for one in value] if isinstance(value, list) else value

    told: dict[str, Any] = renamed(arguments)
    return told


def link(source: Path, target: Path) -> None:
    """The same file under a second name, so that it stays when the first one goes.

    Raises:
        Refused: it is gone already.
    """
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise not_found("recording") from None
    except OSError:  # a file system without second names
        shutil.copy2(source, target)


def _paths(value: Any) -> list[Path]:
    if isinstance(value, Path):
        return [value]
    if isinstance(value, dict):
        return [path for pair in value.items() for one in pair for path in _paths(one)]
    return [path for one in value for path in _paths(one)] if isinstance(value, list) else []
