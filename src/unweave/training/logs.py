"""What a run writes down: lines of JSON, and the same for TensorBoard where that is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from unweave.atomic import complete_file


class Log:
    """log.jsonl in a folder, and TensorBoard's files under `tensorboard/`.

    What stands there of later steps, written by a run that broke off after its last checkpoint, is forgotten, so that
    a step stands there once.

    Args:
        folder: of the run.
        step: that the run goes on from.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / "log.jsonl"
        kept = [line for line in self._lines() if json.loads(line)["step"] <= step]
        with complete_file(self._path) as part:
            part.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        self._board = tensorboard(folder / "tensorboard", step)

    def _lines(self) -> list[str]:
        """The whole lines; the last one may have broken off."""
        if not self._path.is_file():
            return []
        text = self._path.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.splitlines(keepends=False) if line.startswith('{"step"') and line.endswith("}")]

    def write(self, step: int, **values: float) -> None:
        """Add a line with these values."""
        rounded = {name: float(f"{value:.6g}") for name, value in values.items()}
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **rounded}) + "\n")
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name.replace(" ", "/", 1), value, step)

    def close(self) -> None:
        """Write out what is still in memory."""
        if self._board is not None:
            self._board.close()


def tensorboard(folder: Path, step: int) -> Any:
    """A writer of TensorBoard's files that forgets what comes after `step`; None where it is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=step + 1)
