from __future__ import annotations

from pathlib import Path

import pytest

from unweave.cli.tracks import BLOCKS, PLAIN, track_lines
from unweave.inference.events import Event
from unweave.inference.report import Report, TrackInfo


def report(*files: str) -> Report:
    events = [Event("", "", 0.0, 26.0, 0.9), Event("", "", 39.0, 39.5, 0.5)]
    tracks = [
        TrackInfo(file, file.rpartition("/")[2], None, None, None, 0.9, -31.24, events if "res" not in file else [])
        for file in files
    ]
    return Report(Path("x"), {"seconds": 52.0}, "m", {}, tracks, [])


@pytest.mark.parametrize("width", [None, 20, 60, 80, 200])
def test_every_track_is_one_line_of_80_letters_at_most(width: int | None) -> None:
    names = ["Dog", "Afrikaans and every other long name of a class " * 3, "residual"]
    lines = track_lines(report(*(f"sounds/{name}" for name in names)), width)
    assert len(lines) == 3 and max(map(len, lines)) <= min(80, max(50, width or 80))
    assert lines[0].startswith("Dog ") and "..." in lines[1] and lines[2].startswith("residual")


def test_a_line_says_how_long_how_loud_and_when() -> None:
    (line,) = track_lines(report("sounds/Dog"), 80, BLOCKS)
    assert line.split()[:4] == ["Dog", "51", "%", "-31.2"]
    assert line.endswith(BLOCKS[8] * 13 + " " * 6 + BLOCKS[2])
    assert track_lines(report("sounds/Dog"), 80, PLAIN)[0].isascii()


def test_groups_have_a_heading_where_there_are_several() -> None:
    lines = track_lines(report("level-1/Dog", "level-1/residual", "level-2/Dog"), 80)
    assert [line for line in lines if line.endswith(":")] == ["level-1:", "level-2:"]
