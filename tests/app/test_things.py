from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from unweave.app.queue import Task
from unweave.app.things import progress


def task(work: str, **more: Any) -> Task:
    made = Task("me", work, Path(), {}, lambda outcome, value: None, 1.0)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_progress_grows_through_both_halves_of_a_job_and_tells_the_time_left() -> None:
    begun = time.monotonic() - 10
    steps = [
        ("", 0.0),
        ("listening", 2.0),
        ("listening", 4.0),
        ("separating", 0.0),
        ("separating", 2.0),
        ("separating", 4.0),
    ]
    told = [progress(task("separate", begun=begun, what=what, done=done, total=4.0)) for what, done in steps]
    fractions = [one["fraction"] for one in told if one]
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] == 1
    left = [one["seconds_left"] for one in told if one]
    assert left[0] is None and left[4] == pytest.approx(6, abs=0.1) and left[5] == 0


def test_there_is_none_before_and_after() -> None:
    assert progress(None) is progress(task("look")) is progress(task("look", begun=0.0, over=1.0)) is None
    assert progress(task("look", begun=time.monotonic())) == {"fraction": 0.0, "seconds_left": None, "what": "starting"}
