"""Scenes of held-out sounds at known times, for what `unweave tag` finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from unweave.audio.io import read_audio
from unweave.data.collection import Clip, Collection
from unweave.data.datasets.base import datasets
from unweave.data.datasets.split import PARTS, lot
from unweave.errors import UnweaveError
from unweave.evaluation.audible import SHORTEST_SECONDS, Stretch, audible_part
from unweave.evaluation.benchmarks.base import Benchmark, benchmarks
from unweave.evaluation.items import Piece, Scene, SceneEvent

SECONDS = 10.0
LOUDNESS_DB = -26.0  # of full scale, which each sound is brought to before its gain is drawn
GAIN_DB = 5.0
HALVES = ("choose", "report", "all")


@benchmarks.register("detection")
def detection(
    root: str | Path,
    scenes: int = 100,
    sounds: Sequence[int] = (2, 4),
    half: str = "all",
    split: str = "valid",
    seed: int = 0,
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

    Raises:
        UnweaveError: an option that makes no sense, or too few recordings.
    """
    few, most = _range(sounds)
    part = PARTS.get(split)
    if part is None or half not in HALVES or scenes < 1:
        raise UnweaveError(
            f"Scenes are at least 1, not {scenes}; half is one of {', '.join(HALVES)}, not {half!r}; "
            f"split is train, valid or test, not {split!r}."
        )
    collection = datasets.build("index", root=Path(root))
    folder = Path(root) if Path(root).is_dir() else Path(root).parent
    clips = [clip for clip in collection.clips if clip.classes and clip.split == part and _in_half(clip.group, half)]
    rng = np.random.default_rng(seed)
    deck = _Deck(clips, rng)
    made = []
    for number in range(scenes):
        hand = deck.hand(int(rng.integers(few, most + 1)))
        events = [_event(clip, sound, collection, folder, rng) for clip, sound in hand]
        made.append(Scene(f"{half}-{number:04d}", SECONDS, tuple(sorted(events, key=lambda event: event.at))))
    options = {"scenes": scenes, "sounds": [few, most], "half": half, "split": part, "seed": seed}
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


def _range(sounds: Sequence[int]) -> tuple[int, int]:
    try:
        few, most = (int(count) for count in sounds)
    except (TypeError, ValueError) as error:
        raise UnweaveError(f"The option sounds is two whole numbers, as (2, 4), not {sounds!r}.") from error
    if not 1 <= few <= most:
        raise UnweaveError(f"The option sounds is the fewest and the most of a scene, as (2, 4), not {sounds!r}.")
    return few, most


def _in_half(group: str, half: str) -> bool:
    """Whether a recording may be drawn; the lot is another than the one that splits of data sets go by."""
    return half == "all" or (lot(f"half {group}") < 0.5) == (half == "choose")


def _event(clip: Clip, sound: Stretch, collection: Collection, folder: Path, rng: np.random.Generator) -> SceneEvent:
    return SceneEvent(
        Piece(clip.path.relative_to(folder).as_posix(), sound.start, sound.seconds),
        at=round(float(rng.uniform(0, SECONDS - sound.seconds)), 3),
        gain=round(float(LOUDNESS_DB - sound.level + rng.uniform(-GAIN_DB, GAIN_DB)), 2),
        classes=tuple(collection.vocabulary.mids[index] for index in clip.classes),
    )


class _Deck:
    """Clips in a drawn order, and anew when they are used up; what has no audible part is laid aside."""

    def __init__(self, clips: Iterable[Clip], rng: np.random.Generator) -> None:
        self._clips, self._rng = list(clips), rng
        self._waiting: list[Clip] = []
        self._sounds: dict[Path, Stretch] = {}
        self._silent: set[Path] = set()

    def hand(self, count: int) -> list[tuple[Clip, Stretch]]:
        """Take that many clips that share neither class nor recording.

        Raises:
            UnweaveError: there are not so many.
        """
        taken: list[tuple[Clip, Stretch]] = []
        for again in (False, True):
            if again:
                self._waiting += [self._clips[i] for i in self._rng.permutation(len(self._clips))]
            passed: list[Clip] = []
            for clip in self._waiting:
                sound = self._fitting(clip, taken) if len(taken) < count else None
                if sound is None:
                    passed.append(clip)
                else:
                    taken.append((clip, sound))
            self._waiting = [clip for clip in passed if clip.path not in self._silent]
            if len(taken) == count:
                return taken
        raise UnweaveError(
            f"A scene needs {count} recordings without a common class, and there are not enough among the "
            f"{len(self._clips)} clips; give more clips, another split or half, or fewer sounds."
        )

    def missing(self, folder: Path) -> list[str]:
        """A sentence for the clips that were laid aside, if there are any."""
        names = sorted(path.relative_to(folder).as_posix() for path in self._silent)
        if not names:
            return []
        return [f"{len(names)} clips have no sound of {SHORTEST_SECONDS} s without a gap: {', '.join(names[:3])}."]

    def _fitting(self, clip: Clip, taken: Sequence[tuple[Clip, Stretch]]) -> Stretch | None:
        if any(clip.group == other.group or set(clip.classes) & set(other.classes) for other, _ in taken):
            return None
        if clip.path not in self._sounds and clip.path not in self._silent:
            audio, rate = read_audio(clip.path)
            sound = audible_part(audio.mean(0), rate)
            if sound is None:
                self._silent.add(clip.path)
            else:
                self._sounds[clip.path] = sound
        return self._sounds.get(clip.path)
