"""A new way of asking is one new class: the command line and Python have it at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import typer
from tiny import RATE, tiny_model, tones

from unweave.asking import Look, Way, asked, ways
from unweave.asking.level import Level
from unweave.cli.asking import with_ways
from unweave.inference.recording import Recording
from unweave.inference.wish import Prepared
from unweave.networks import Networks


class Coarse(Way):
    """As coarsely as can be."""

    look = Look("--coarse", "HOW", "As coarsely as that.", "coarse", "coarses", 15)

    @classmethod
    def of(cls, given: Any) -> Coarse | None:
        return cls() if given else None

    def plain(self) -> list[Any]:
        return ["very"]

    def prepare(self, model: Networks, recording: Recording, batch: int | None) -> Prepared:
        return Level((1,)).prepare(model, recording, batch)


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "level" in ways.names()
    monkeypatch.setitem(ways._builders, "coarse", Coarse)


def test_python_has_it() -> None:
    x = tones(2)
    named = [track.name for track in tiny_model().separate(x, RATE, coarse="very")]
    assert named == ["Human sounds", "residual"]
    assert asked({"coarse": "very"}).settings["coarses"] == ["very"]
    with pytest.raises(TypeError, match="coarse"):
        tiny_model().separate(np.zeros(9), RATE, corse="very")


def test_command_line_has_it() -> None:
    app, got = typer.Typer(), {}

    @app.command()
    @with_ways
    def command(first: int = 1, *, asked: dict[str, Any], last: bool = False) -> int:
        got.update(asked, first=first, last=last)
        return 0

    words = ["--coarse", "a", "--coarse", "b", "--last", "--level", "2"]
    typer.main.get_command(app).main(args=words, standalone_mode=False)
    told = {key: value for key, value in got.items() if value is not None}
    assert told == {"coarse": ["a", "b"], "level": ["2"], "first": 1, "last": True}
