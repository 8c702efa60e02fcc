"""Sounds asked for by name at levels from below all others to far above them, and classes that are not there."""

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
from unweave.evaluation.benchmarks.detection import HALVES, in_half
from unweave.evaluation.benchmarks.finest import Finest, finest, kindred
from unweave.evaluation.benchmarks.scenes import BEDS, mids
from unweave.evaluation.items import Piece, Scene, SceneEvent
from unweave.evaluation.scene_sound import scene_stems

SECONDS = 8.0
LEVELS = (-10, -5, 0, 5, 10, 15, 20)  # dB
ABSENT = "absent"
OTHER_DB, BED_DB = -34.0, -40.0  # of full scale
RATE = 32000  # at which levels are taken, in Hz


@benchmarks.register("never-worse")
def never_worse(
    root: Path,
    scenes: int = 40,
    levels: Sequence[float] = LEVELS,
    half: str = "all",
    beds: Sequence[str] = BEDS,
    seed: int = 0,
    mends: str | None = None,
) -> Benchmark:
    """Scenes of 8 s: a sound that is asked for, another one, and a bed; mono and stereo.

    Each comes at every level: the energy of the sound over that of all others while it sounds, in dB. A class that is
    not there, nor one above or below it, is asked for of the same others.

    Args:
        root: an index.csv, or its folder.
        scenes: how many, of each level.
        levels: in dB.
        half, beds, seed, mends: as for `scenes`.

    Raises:
        UnweaveError: an option that makes no sense, or too few recordings.
    """
    if half not in HALVES or scenes < 1 or not len(levels):
        raise UnweaveError(
            f"Scenes are at least 1, not {scenes}; half is one of {', '.join(HALVES)}, not {half!r}; levels are one or "
            "more."
        )
    there = finest(root, (), mends)
    clips = [clip for clip in there.tested if in_half(clip.group, half)]
    rng = np.random.default_rng(seed)
    deck = Deck([clip for clip in clips if clip.dataset not in beds], rng, kindred)
    under = Deck([clip for clip in clips if clip.dataset in beds], rng, kindred)
    made: list[Scene] = []
    for number in range(scenes):
        ((bed, _),) = under.hand(1)
        (target, sound), other, (away, _) = deck.hand(3, [bed])
        rest = [_bed(there, bed), _other(there, *other, rng)]
        made += _at_levels(there, f"{half}-{number:04d}", target, sound, rest, levels, number % 2 + 1, rng)
        node = there.node(away)
        made.append(
            Scene(
                f"{half}-{number:04d}/{ABSENT}",
                SECONDS,
                tuple(rest),
                label=node.name,
                channels=number % 2 + 1,
                asked=node.mid,
                group=away.group,
                part=ABSENT,
            )
        )
    return Benchmark(
        "never-worse",
        there.root,
        made,
        ("named",),
        "mean",
        mono=False,
        seconds=SECONDS,
        unit="scenes",
        missing=deck.missing(there.root),
        options={"scenes": scenes, "levels": list(levels), "half": half, "beds": list(beds), "seed": seed},
    )


def level_part(level: float) -> str:
    """The part of a level: "-10 dB"."""
    return f"{level:g} dB"


def _bed(there: Finest, clip: Clip) -> SceneEvent:
    wave, rate = read_audio(clip.path)
    gain = round(BED_DB - float(rms_db(wave.mean(0))), 2)
    piece = Piece(below(there.root, clip.path), seconds=round(wave.shape[1] / rate, 3))
    return SceneEvent(piece, 0.0, gain, mids(there, clip), fill=True)


def _other(there: Finest, clip: Clip, sound: Stretch, rng: np.random.Generator) -> SceneEvent:
    """A second sound, where it likes."""
    return SceneEvent(
        Piece(below(there.root, clip.path), round(sound.start, 4), round(sound.seconds, 4)),
        at=round(float(rng.uniform(0, SECONDS - sound.seconds)), 3),
        gain=round(OTHER_DB - sound.level, 2),
        classes=mids(there, clip),
        pan=round(float(rng.uniform(-1, 1)), 2),
    )


def _at_levels(
    there: Finest,
    name: str,
    clip: Clip,
    sound: Stretch,
    rest: Sequence[SceneEvent],
    levels: Sequence[float],
    channels: int,
    rng: np.random.Generator,
) -> list[Scene]:
    at, pan = round(float(rng.uniform(0, SECONDS - sound.seconds)), 3), round(float(rng.uniform(-1, 1)), 2)
    background = sum(scene_stems(Scene(name, SECONDS, tuple(rest), channels=channels), there.root, RATE).values())
    here = np.asarray(background)[:, round(at * RATE) : round((at + sound.seconds) * RATE)]
    node, base = there.node(clip), float(rms_db(here.ravel())) - sound.level
    piece = Piece(below(there.root, clip.path), round(sound.start, 4), round(sound.seconds, 4))
    return [
        Scene(
            f"{name}/{level_part(level)}",
            SECONDS,
            (SceneEvent(piece, at, round(base + level, 2), mids(there, clip), pan=pan), *rest),
            label=node.name,
            channels=channels,
            asked=node.mid,
            group=clip.group,
            part=level_part(level),
        )
        for level in levels
    ]
