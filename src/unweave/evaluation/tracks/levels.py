"""Measures the tracks that a model takes a scene apart into: level by level, and where nothing is asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from unweave.asking.level import AUTO
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.base import Benchmark
from unweave.evaluation.items import Item, Scene
from unweave.evaluation.metrics.sdr import sdr
from unweave.evaluation.rows import Row
from unweave.evaluation.scene_sound import Samples, scene_stems
from unweave.evaluation.tracks.activity import between, cut
from unweave.evaluation.tracks.matching import Said, match
from unweave.evaluation.tracks.summary import track_figures
from unweave.evaluation.tracks.truth import Kinship, Truth, each, sounds_of, truths
from unweave.inference.track import Track
from unweave.model import Model

LEVELS = (1, 2, 3)


def level_name(level: int) -> str:
    """The system of a level, as rows have it."""
    return f"level {level}"


class LevelMeasurer:
    """Rows of scenes (see `unweave.evaluation.measurer.Measurer`): what `Model.separate` gives by level and "auto".

    "auto" is what one gets unasked: every sound is to have one track, of its class or one above or below it.

    Rows hold how many sounds there are at the level, how many tracks one gets, and how many sounds are found, missed
    and invented (`unweave.evaluation.tracks.matching`); the mean SDRi of the found ones while they are audible; and how
    many of them are worse than the recording.

    Args:
        model: that takes scenes apart.
        benchmark: whose scenes will come.
        levels: of the ontology; those that the model's lacks are left out.
        batch: rows that the networks work on at once.
    """

    columns = ("sounds", "tracks", "found", "missed", "invented", "sdri", "worse")

    def __init__(
        self, model: Model, benchmark: Benchmark, levels: Sequence[int] = LEVELS, batch: int | None = None
    ) -> None:
        self._model, self._root, self._batch = model, benchmark.root, batch
        self._rate = benchmark.sample_rate or model.sample_rate
        self._kinship = Kinship(model.ontology)
        self._levels = [level for level in levels if level <= model.ontology.depth]
        self.systems = (*map(level_name, self._levels), AUTO)

    def __call__(self, items: Sequence[Item | Scene]) -> list[Row]:
        """The rows of the scenes, in their order and that of `systems`."""
        return [row for item in items for row in self._scene(item)]

    def summarise(self, rows: Sequence[Row]) -> dict[str, Any]:
        """See `Measurer`: precision, recall and F1 of each level over all scenes, SDRi over all that are found."""
        return track_figures(rows)

    def _scene(self, scene: Item | Scene) -> list[Row]:
        if not isinstance(scene, Scene):
            raise UnweaveError(f"The item {scene.id} is no scene; only scenes are taken apart level by level.")
        stems = scene_stems(scene, self._root, self._rate)
        mixture: Samples = np.sum(list(stems.values()), axis=0, dtype=np.float32)
        sounds = sounds_of(scene, stems, self._rate)
        asked: list[int | str] = [*self._levels, AUTO]
        tracks = self._model.separate(mixture, self._rate, level=asked, residual=False, batch=self._batch)
        there = [truths(sounds, self._kinship, level) for level in self._levels]
        mine = [[track for track in tracks if track.level == level] for level in (*self._levels, None)]
        there.append(each(sounds, self._kinship))
        return [
            self._row(scene, system, mixture, wanted, own)
            for system, wanted, own in zip(self.systems, there, mine, strict=True)
        ]

    def _row(self, scene: Scene, system: str, mixture: Samples, there: Sequence[Truth], mine: Sequence[Track]) -> Row:
        frames = len(there[0].on) if there else 0
        said = [Said(track.mid or "", between([(e.start, e.end) for e in track.events], frames)) for track in mine]
        matched = match(there, said)
        scores = [self._scores(there[truth], mine[track], mixture) for truth, track in matched.found]
        gains = [own - before for own, before in scores]
        row: Row = {"item": scene.id, "label": scene.label, "group": scene.group, "part": scene.part}
        values = (
            len(matched.found) + len(matched.missed),
            len(mine),
            len(matched.found),
            len(matched.missed),
            len(matched.invented),
            float(np.mean(gains)) if gains else math.nan,
            sum(own - before < WORSE_DB and own < CLEAN_DB for own, before in scores),
        )
        return row | {"system": system} | dict(zip(self.columns, map(float, values), strict=True))

    def _scores(self, truth: Truth, track: Track, mixture: Samples) -> tuple[float, float]:
        """SDR of the track and of the recording while the sound is audible."""
        true, own, mixed = (cut(wave, truth.on, self._rate) for wave in (truth.wave, track.audio, mixture))
        return sdr(true, own), sdr(true, mixed)


WORSE_DB = -0.05  # less is rounding: nobody hears it, and a track that is the recording itself is none that is worse
CLEAN_DB = 30.0  # a track as clean as this is fine, however clean the recording was while nothing else sounded
