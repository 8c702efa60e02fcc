"""Two runs of training, or of measuring, in one folder: the second one is told, and writes nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from unweave.claims import Held, claimed
from unweave.evaluation import run as measuring
from unweave.training import run as training


def test_a_second_training_in_a_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with claimed(folder), pytest.raises(Held, match="another run"):
        training.run(cast(Any, SimpleNamespace(folder=folder, seed=0)))
    assert not list(folder.iterdir())


def test_a_second_measuring_in_a_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "build", lambda setup: (None, None))
    folder = tmp_path / "run"
    with claimed(folder), pytest.raises(Held, match="another run"):
        measuring.evaluate(cast(Any, None), folder)
    assert not list(folder.iterdir())
