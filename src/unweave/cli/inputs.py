"""Recordings and places to write that can be refused before a model is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unweave.errors import UnweaveError


def check_inputs(paths: Sequence[Path], stream: int | None = None) -> None:
    """Open every recording, and the audio stream of it that is asked for.

    Raises:
        UnweaveError: one that cannot be read.
    """
    from unweave.audio.io import probe

    for path in paths:
        probe(path, stream)


def check_outputs(paths: Sequence[Path], out: Path, overwrite: bool) -> None:
    """Refuse folders that are there, that cannot be made, or that two recordings would share.

    Raises:
        UnweaveError: the first of them.
    """
    from unweave.atomic import check_target
    from unweave.inference.report import MARK

    taken: dict[str, Path] = {}
    for path in paths:
        stem = "stdin" if str(path) == "-" else path.stem
        key = stem.casefold()
        if key in taken:
            raise UnweaveError(
                f"{taken[key]} and {path} would both be written to {out / stem}; separate them with different -o."
            )
        taken[key] = path
        check_target(out / stem, MARK, overwrite, [path])
