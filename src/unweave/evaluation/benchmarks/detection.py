"""Scenes of held-out sounds at known times, for what `unweave tag` finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unweave.data.collection import Clip, Collection
from unweave.data.datasets.base import datasets
from unweave.data.datasets.split import PARTS, lot
from unweave.errors import UnweaveError
from unweave.evaluation.audible import Stretch
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.benchmarks.deck import Deck
from unweave.evaluation.items import Piece, Scene, SceneEvent

SECONDS = 10.0
LOUDNESS_DB = -26.0  # of full scale, which each sound is brought to before its gain is drawn
GAIN_DB = 5.0
HALVES = ("choose", "report", "all")
JOINED = (
    "ambient",
    "baby",
    "berklee",
    "cc_sounds",
    "drumkits",
    "instruments",
    "kitchen20",
    "more_sfx",
    "philharmonia",
    "ravdess_song",
    "ravdess_speech",
    "speech_more",
    "words",
)
"""Data sets that came when the first scenes had been measured: drawn without them, those are still the same."""


@benchmarks.register("detection")
def detection(
    root: str | Path,
    scenes: int = 100,
    sounds: Sequence[int] = (2, 4),
    half: str = "all",
    split: str = "valid",
    seed: int = 0,
    without: str | Sequence[str] = (),
) -> Benchmark:
    """Scenes of 10 s, each with a few sounds of different classes and recordings, which may overlap.

    A sound is the audible part of a clip (`unweave.evaluation.audible`), at a drawn time, within 5 dB of equal
    loudness. Clips are dealt like cards: all are used before one comes again.

    Args:
        root: an index.csv, or its folder (see `unweave.data.datasets.index`).
        scenes: how many.
        sounds: fewest and most of a scene.
        half: the recordings to draw from: "choose" to choose a threshold on, "report" for the others, that it is then
            reported on, "all" for both.
        split: "valid", or another part of the split.
        seed: the same scenes for the same seed and files.
        without: data sets, by the index's column `dataset`, that no clip is drawn of; "joined" for those of `JOINED`.

    Raises:
        UnweaveError: an option that makes no sense, or too few recordings.
    """
    few, most = span_of(sounds)
    part = PARTS.get(split)
    if part is None or half not in HALVES or scenes < 1:
        raise UnweaveError(
            f"Scenes are at least 1, not {scenes}; half is one of {', '.join(HALVES)}, not {half!r}; "
            f"split is train, valid or test, not {split!r}."
        )
    apart = JOINED if without == "joined" else [without] if isinstance(without, str) else without
    collection = datasets.build("index", root=Path(root))
    folder = Path(root) if Path(root).is_dir() else Path(root).parent
    clips = [
        clip
        for clip in collection.clips
        if clip.classes and clip.split == part and clip.dataset not in apart and in_half(clip.group, half)
    ]
    rng = np.random.default_rng(seed)
    deck = Deck(clips, rng)
    made = []
    for number in range(scenes):
        hand = deck.hand(int(rng.integers(few, most + 1)))
        events = [_event(clip, sound, collection, folder, rng) for clip, sound in hand]
        made.append(Scene(f"{half}-{number:04d}", SECONDS, tuple(sorted(events, key=lambda event: event.at))))
    options = {"scenes": scenes, "sounds": [few, most], "half": half, "split": part, "seed": seed}
    options |= {"without": without if isinstance(without, str) else list(without)} if without else {}
    return Benchmark(
        "detection",
        folder,
        made,
        (),
        "mean",
        seconds=SECONDS,
        unit="scenes",
        missing=deck.missing(folder),
        options=options,
    )


def span_of(sounds: Sequence[int]) -> tuple[int, int]:
    """The option `sounds`: fewest and most.

    Raises:
        UnweaveError: it is something else.
    """
    try:
        few, most = (int(count) for count in sounds)
    except (TypeError, ValueError) as error:
        raise UnweaveError(f"The option sounds is two whole numbers, as (2, 4), not {sounds!r}.") from error
    if not 1 <= few <= most:
        raise UnweaveError(f"The option sounds is the fewest and the most of a scene, as (2, 4), not {sounds!r}.")
    return few, most


def in_half(group: str, half: str) -> bool:
    """Whether a recording may be drawn; the lot is another than the one that splits of data sets go by."""
    return half == "all" or (lot(f"half {group}") < 0.5) == (half == "choose")


def _event(clip: Clip, sound: Stretch, collection: Collection, folder: Path, rng: np.random.Generator) -> SceneEvent:
    return SceneEvent(
        Piece(clip.path.relative_to(folder).as_posix(), sound.start, sound.seconds),
        at=round(float(rng.uniform(0, SECONDS - sound.seconds)), 3),
        gain=round(float(LOUDNESS_DB - sound.level + rng.uniform(-GAIN_DB, GAIN_DB)), 2),
        classes=tuple(collection.vocabulary.mids[index] for index in clip.classes),
    )
