"""The lines of the compact table that are about scenes: what one gets of them, and what never gets worse."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial

from unweave.evaluation.benchmarks.never_worse import ABSENT, LEVELS, level_part
from unweave.evaluation.glance_line import BY_NAME, MEAN, NONE, Line, of
from unweave.evaluation.local import Found
from unweave.evaluation.local_sets import NAME, SEPARATED
from unweave.evaluation.rows import read_rows
from unweave.evaluation.runs import Run
from unweave.evaluation.statistics import Figure, Measured, summarise
from unweave.evaluation.table import NOTHING
from unweave.evaluation.tracks.levels import WORSE_DB
from unweave.evaluation.tracks.summary import tracks_by_level

Tracks = Callable[[Run], dict[str, dict[str, Figure]]]
WORSE = f"tracks that are worse by more than {-WORSE_DB:g} dB, %"
MUCH_DB = -1.0
MUCH_WORSE = f"tracks that are worse by more than {-MUCH_DB:g} dB, %"
DEMO_LEVELS = ("level 3", "auto")


def scene_lines() -> Iterator[Line]:
    """What is shown, in order."""
    tracks: Tracks = lru_cache(maxsize=2)(_tracks)  # all levels come of one count
    for level in SEPARATED:
        yield from _level_lines("scenes", "scenes of 30 to 60 s", level, tracks)
    whole = "a sound from -10 to 20 dB over the others"
    yield Line("never-worse", whole, BY_NAME, WORSE, partial(_worse, None))
    yield Line("never-worse", whole, BY_NAME, MUCH_WORSE, partial(_worse, None, by=MUCH_DB))
    yield Line("never-worse", whole, BY_NAME, "the worst SDRi", partial(_worst, None))
    for part in map(level_part, LEVELS):
        where = f"a sound {part} over the others"
        yield Line("never-worse", where, BY_NAME, f"SDRi, {MEAN}", of(NAME, part=part))
        yield Line("never-worse", where, BY_NAME, WORSE, partial(_worse, part))
    absent = of(NAME, "suppression", ABSENT)
    yield Line("never-worse", "the same, a class that is not there", BY_NAME, f"dB below the mixture, {MEAN}", absent)
    for level in DEMO_LEVELS:
        yield from _level_lines("demo", "the demo scene", level, tracks)
    yield Line("demo-names", "the demo scene", BY_NAME, f"SDRi, {MEAN}", of(NAME))
    yield Line("demo-names", "the demo scene", BY_NAME, "the worst SDRi", partial(_worst, None))
    yield Line("demo-names", "the demo scene", BY_NAME, WORSE, partial(_worse, None))


def _level_lines(key: str, what: str, level: str, tracks: Tracks) -> Iterator[Line]:
    figures = (
        ("f1", "sounds found, F1"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("sdri", "SDRi of what is found, mean"),
        ("worse", WORSE),
        ("tracks", "tracks one gets, mean"),
        ("sounds", "sounds there are, mean"),
    )
    for name, figure in figures:
        yield Line(key, f"{what}, {level}", NOTHING, figure, partial(_figure, tracks, level, name))


def _tracks(run: Run) -> dict[str, dict[str, Figure]]:
    return tracks_by_level(read_rows(run.folder, whole=False))


def _figure(tracks: Tracks, level: str, name: str, run: Run, _: Mapping[str, Found]) -> Figure:
    figure = tracks(run).get(level, {}).get(name, NONE)
    return _scaled(figure, 100.0) if name == "worse" else figure


def _worse(part: str | None, run: Run, _: Mapping[str, Found], by: float = WORSE_DB) -> Figure:
    """How many per cent of the answers are worse than the recording."""
    found = _gains(part, run)
    return summarise([Measured(one.label, one.group, 100.0 * (one.value < by)) for one in found], "mean")


def _worst(part: str | None, run: Run, _: Mapping[str, Found]) -> Figure:
    """The lowest of all; it has no interval."""
    found = _gains(part, run)
    return Figure(min(one.value for one in found), math.nan, math.nan, len(found), 0) if found else NONE


def _gains(part: str | None, run: Run) -> list[Measured]:
    if part is not None and part not in run.data.parts:
        return []
    return [one for one in run.figures(NAME, "sdri", part) if not math.isnan(one.value)]


def _scaled(figure: Figure, by: float) -> Figure:
    return Figure(figure.value * by, figure.low * by, figure.high * by, figure.items, figure.left_out)
