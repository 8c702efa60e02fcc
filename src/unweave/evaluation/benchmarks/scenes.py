"""Scenes as people record them: some sounds at different levels, which come again and overlap, over a background."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unweave.audio.energy import rms_db
from unweave.audio.io import read_audio
from unweave.data.collection import Clip
from unweave.errors import UnweaveError
from unweave.evaluation.audible import Stretch
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.benchmarks.deck import Deck
from unweave.evaluation.benchmarks.detection import HALVES, in_half, span_of
from unweave.evaluation.benchmarks.finest import Finest, finest, kindred
from unweave.evaluation.items import Piece, Scene, SceneEvent

SECONDS = (30.0, 60.0)
LOUDEST_DB = -26.0  # of full scale, the loudest that a sound may be
RANGE_DB = 20.0  # by which sounds differ at most
BED_DB = (-12.0, -28.0)  # below the loudest that a sound may be
COMES = 3  # times that a sound comes at most
ROOM_SECONDS = (0.2, 0.8)
BEDS = ("ambient",)


@benchmarks.register("scenes")
def scenes(
    root: Path,
    scenes: int = 48,
    sounds: Sequence[int] = (3, 6),
    half: str = "all",
    beds: Sequence[str] = BEDS,
    seed: int = 0,
    mends: str | None = None,
) -> Benchmark:
    """Scenes of 30 to 60 s of held-out clips: sounds over a bed, mono and stereo, in rooms and not.

    A sound is the audible part of a clip, up to 4 s; it comes one to three times. Sounds differ in level by up to
    20 dB. No sound has a class that is above or below that of another, the bed's own included.

    Args:
        root: an index.csv, or its folder.
        scenes: how many; every second one is stereo, and every second pair of them is in a room.
        sounds: fewest and most of a scene, beside its bed.
        half: the recordings to draw from, as for `detection`: "choose" thresholds on one, "report" the other.
        beds: data sets of the background; clips of theirs are not drawn as sounds.
        seed: the same scenes for the same seed and files.
        mends: of the index.

    Raises:
        UnweaveError: an option that makes no sense, or too few recordings.
    """
    few, most = span_of(sounds)
    if half not in HALVES or scenes < 1:
        raise UnweaveError(f"Scenes are at least 1, not {scenes}; half is one of {', '.join(HALVES)}, not {half!r}.")
    there = finest(root, (), mends)
    clips = [clip for clip in there.tested if in_half(clip.group, half)]
    rng = np.random.default_rng(seed)
    deck = Deck([clip for clip in clips if clip.dataset not in beds], rng, kindred)
    under = Deck([clip for clip in clips if clip.dataset in beds], rng, kindred)
    made = []
    for number in range(scenes):
        seconds = round(float(rng.uniform(*SECONDS)), 1)
        place = Place(seconds, 2 if number % 2 else 1, number // 2 % 2 == 1, rng)
        (bed, sound), *_ = under.hand(1)
        events = [_bed(there, bed, rng)]
        for clip, sound in deck.hand(int(rng.integers(few, most + 1)), [bed]):
            events += _comings(there, clip, sound, place)
        made.append(Scene(f"{half}-{number:04d}", seconds, tuple(events), channels=place.channels))
    return Benchmark(
        "scenes",
        there.root,
        made,
        ("tracks",),
        "mean",
        mono=False,
        seconds=float(np.mean([scene.seconds for scene in made])),
        unit="scenes",
        missing=deck.missing(there.root),
        options={"scenes": scenes, "sounds": [few, most], "half": half, "beds": list(beds), "seed": seed},
    )


class Place:
    """Where the sounds of a scene are.

    Attributes:
        seconds: of the scene.
        channels: 1 or 2.
        rng: draws times, levels and places.
        room: reverberation time, in s; None for none.
    """

    def __init__(self, seconds: float, channels: int, room: bool, rng: np.random.Generator) -> None:
        self.seconds, self.channels, self.rng = seconds, channels, rng
        self.room = round(float(rng.uniform(*ROOM_SECONDS)), 2) if room else None


def _bed(there: Finest, clip: Clip, rng: np.random.Generator) -> SceneEvent:
    wave, rate = read_audio(clip.path)
    level = LOUDEST_DB + float(rng.uniform(min(BED_DB), max(BED_DB)))
    name = below(there.root, clip.path)
    return SceneEvent(
        Piece(name, seconds=round(wave.shape[1] / rate, 3)),
        at=0.0,
        gain=round(level - float(rms_db(wave.mean(0))), 2),
        classes=mids(there, clip),
        sound=name,
        fill=True,
    )


def _comings(there: Finest, clip: Clip, sound: Stretch, place: Place) -> list[SceneEvent]:
    """A sound as often as it comes, each time at the same level and from the same place."""
    rng, name = place.rng, below(there.root, clip.path)
    gain = round(float(LOUDEST_DB - sound.level - rng.uniform(0, RANGE_DB)), 2)
    pan = round(float(rng.uniform(-1, 1)), 2)
    return [
        SceneEvent(
            Piece(name, round(sound.start, 4), round(sound.seconds, 4)),
            at=round(float(rng.uniform(0, place.seconds - sound.seconds)), 3),
            gain=gain,
            classes=mids(there, clip),
            sound=name,
            pan=pan if place.channels == 2 else None,
            room=place.room,
        )
        for _ in range(int(rng.integers(1, COMES + 1)))
    ]


def mids(there: Finest, clip: Clip) -> tuple[str, ...]:
    """All classes of a clip."""
    return tuple(there.mids[index] for index in clip.classes)
