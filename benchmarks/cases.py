"""What `bench.py` measures: which model is asked what, of how much sound, on how many threads, how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

# Heard everywhere in the recording by the tagger of the stand-in weights; indexes of AudioSet's list.
CLASSES = {
    "Speech": 0,
    "Dog": 74,
    "Music": 137,
    "Rain": 289,
    "Siren": 396,
    "Church bell": 201,
    "Engine": 343,
    "Bird": 111,
    "Water": 288,
    "Laughter": 16,
}
RESUNET, BOX = "ResUNet30 + CNN14", "the model in the box"
ONE: dict[str, Any] = {"classes": [0]}
TEN: dict[str, Any] = {"classes": list(CLASSES.values())}
LEVELS: dict[str, Any] = {"levels": [1, 2, 3]}
WHAT = {"one class": ONE, "10 classes": TEN, "level 1": {"levels": [1]}, "levels 1 to 3": LEVELS}


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        model: RESUNET (mono, 32 kHz, beside the published package) or BOX (stereo, 44.1 kHz, ours alone).
        what: is asked for, a key of WHAT.
        seconds: of the recording.
        repeats: of each side, in turns.
        threads: of each side, or None for those of the run.
        cold: a process of its own for each time, from its start to the last file.
        cut: ours also as the published code cuts: segments of 2 s side by side instead of cross-faded.
        fastest: only the side that was the fastest at one class of 10 s.
        every: also the engines by name, and not only what people get without asking and PyTorch alone.
        first: with no compiled network in the cache, as people separate for the first time.
    """

    model: str
    what: str
    seconds: float
    repeats: int = 1
    threads: int | None = None
    cold: bool = False
    cut: bool = False
    fastest: bool = False
    every: bool = False
    first: bool = False

    @property
    def ask(self) -> dict[str, Any]:
        """What a worker is told."""
        return WHAT[self.what]

    def is_in(self, rows: Sequence[dict[str, Any]], threads: int) -> bool:
        """Whether one of the rows is of this case, in a run of so many threads."""
        wanted = {**self.to_plain(), "threads": self.threads or threads}
        return any(all(row.get(key, False) == value for key, value in wanted.items()) for row in rows)

    def to_plain(self) -> dict[str, Any]:
        """For the table."""
        plain = {"model": self.model, "what": self.what, "audio_seconds": self.seconds, "cold": self.cold}
        return {**plain, "first": self.first}


@dataclass(frozen=True)
class Plan:
    """A whole run.

    Attributes:
        cases: in order.
        profile: seconds of sound that the stages are timed with; 0 for no profile.
        starts: how often the start-up times are taken.
        tiny: stand-in networks of a few weights, to try the harness itself.
        settle: times that a model separates by "auto" before its first case, so that it has made its choice.
    """

    cases: list[Case] = field(default_factory=list)
    profile: float = 0.0
    starts: int = 3
    tiny: bool = False
    settle: int = 5


QUICK = [
    Case(RESUNET, "one class", 10, repeats=3, cut=True, every=True),
    Case(RESUNET, "one class", 10, threads=1),
    Case(RESUNET, "10 classes", 10, cut=True),
    Case(BOX, "levels 1 to 3", 60, repeats=3, cold=True),
    Case(BOX, "levels 1 to 3", 60, threads=1, cold=True),
    Case(BOX, "one class", 60, repeats=3, cold=True),
    Case(BOX, "10 classes", 60, repeats=3, cold=True),
    Case(BOX, "one class", 60, repeats=3, every=True),
    Case(BOX, "10 classes", 60, repeats=3),
    Case(BOX, "level 1", 600, cold=True, fastest=True),
    Case(BOX, "level 1", 3600, cold=True, fastest=True),
    Case(RESUNET, "one class", 10, repeats=2, cold=True),
    Case(RESUNET, "one class", 10, cold=True, first=True),
    Case(RESUNET, "one class", 60),
    Case(RESUNET, "levels 1 to 3", 10),
]
LONG = [
    Case(RESUNET, "one class", 600),
    Case(RESUNET, "one class", 3600, fastest=True),
    Case(BOX, "levels 1 to 3", 10, repeats=3, cold=True),
]
PLANS = {
    "quick": Plan(QUICK, profile=20),
    "full": Plan(QUICK + LONG, profile=60, starts=5),
    "short": Plan(
        [
            Case(RESUNET, "one class", 10, repeats=3, cut=True, every=True),
            Case(RESUNET, "10 classes", 10, repeats=2, cut=True),
        ]
    ),
    "box": Plan([case for case in QUICK if case.model == BOX], profile=20),
    "smoke": Plan(
        [Case(RESUNET, "one class", 2, cut=True), Case(BOX, "one class", 2, cold=True)], starts=1, tiny=True, settle=0
    ),
}
