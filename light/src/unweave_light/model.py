"""The model that people talk to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unweave_light.cut import auto_group
from unweave_light.errors import LightError
from unweave_light.files import complete_folder, write_tracks
from unweave_light.networks import Networks
from unweave_light.nodes import Nodes
from unweave_light.plan import CLASSES, Event, Group, Heard, class_group, level_group
from unweave_light.recordings import FileRecording, Recording, open_recording
from unweave_light.separating import hear, separate_blocks
from unweave_light.tracks import RESIDUAL, Meter, Track, kept

INSIDE = Path(__file__).parent / "model"  # that a wheel brings with it
Level = int | str


def load(folder: str | Path | None = None, threads: int | None = None) -> Light:
    """An exported model: from a folder, or the one that the wheel brought.

    Raises:
        LightError: there is none.
    """
    return Light(Networks(INSIDE if folder is None else Path(folder), threads))


class Light:
    """Tags and separates recordings.

    Args:
        networks: of an exported model.
    """

    def __init__(self, networks: Networks) -> None:
        self.networks = networks
        self.nodes = Nodes(networks.told["nodes"], networks.told["classes"])

    @property
    def name(self) -> str:
        """What the model is called."""
        return str(self.networks.told["model"])

    def tag(self, audio: Any, sample_rate: int | None = None, *, threshold: float | None = None) -> list[Event]:
        """What sounds when: the events of all classes, by start.

        Args:
            audio: a file, or samples (C, T) or (T,) in floating point.
            sample_rate: of the samples, in Hz; not for a file.
            threshold: probability from which a class counts as sounding; None: the model's own.
        """
        return self._hear(open_recording(audio, sample_rate), threshold).class_events()

    def separate(
        self,
        audio: Any,
        sample_rate: int | None = None,
        *,
        level: Level | Sequence[Level] | None = None,
        classes: str | Sequence[str] | None = None,
        threshold: float | None = None,
    ) -> list[Track]:
        """Take a recording apart, in memory.

        Args:
            audio: as for `tag`.
            sample_rate: as for `tag`.
            level: one or several levels of the ontology, 1 (coarse) to 6 (fine), "classes" for every class by
                itself, or "auto", which is what happens where nothing is asked: every sound once, under a name as
                fine as the model is sure.
            classes: names, mids or indexes of classes; one track each.
            threshold: as for `tag`.

        Returns:
            The tracks of each group, then its residual; together they add up to the recording.
        """
        recording = open_recording(audio, sample_rate)
        asked = self._asked(level, classes)
        heard = self._hear(recording, threshold)
        groups = self._groups(heard, asked)
        requests = [request for group in groups for request in group.requests]
        arrays = [np.zeros((recording.channels, heard.samples), np.float32) for _ in requests]
        mixture = np.zeros((recording.channels, heard.samples), np.float32)
        for piece in separate_blocks(self.networks, recording, heard, groups):
            here = slice(piece.start, piece.start + piece.mixture.shape[1])
            for array, samples in zip([mixture, *arrays], [piece.mixture, *piece.tracks], strict=True):
                array[:, here] = samples
        tracks, waiting, rate = [], iter(arrays), recording.sample_rate
        for group in groups:
            own = [next(waiting) for _ in group.requests]
            rest = mixture.copy()
            faintest = heard.told["settings"]["faintest_db"]
            for number in kept(group, [_db(one) for one in own], _db(mixture), faintest):
                one = group.requests[number]
                rest -= own[number]
                tracks.append(Track(one.name, one.mid, group.level, one.probability, own[number], rate, one.events))
            tracks.append(Track(RESIDUAL, None, group.level, None, rest, rate))
        return tracks

    def separate_file(
        self,
        path: str | Path,
        out_dir: str | Path,
        *,
        level: Level | Sequence[Level] | None = None,
        classes: str | Sequence[str] | None = None,
        threshold: float | None = None,
        overwrite: bool = False,
    ) -> tuple[Path, list[dict[str, Any]]]:
        """The same block by block, into `out_dir/<stem of path>/`; gives that folder and the rows of its tracks."""
        recording = FileRecording(Path(path))
        asked = self._asked(level, classes)
        target = Path(out_dir) / recording.path.stem
        with complete_folder(target, overwrite) as folder:
            heard = self._hear(recording, threshold)
            groups = self._groups(heard, asked)
            pieces = separate_blocks(self.networks, recording, heard, groups)
            rows = write_tracks(folder, recording, heard, groups, pieces, self.name)
        return target, rows

    def _hear(self, recording: Recording, threshold: float | None) -> Heard:
        if threshold is not None and not 0 <= threshold <= 1:
            raise LightError(f"A threshold is a probability between 0 and 1, not {threshold}.")
        return hear(self.networks, self.nodes, recording, threshold)

    def _asked(self, level: Level | Sequence[Level] | None, classes: str | Sequence[str] | None) -> _Asked:
        """Check what was asked before any work is done."""
        levels = [level] if isinstance(level, (int, str)) else list(level or ())
        names = [classes] if isinstance(classes, str) else list(classes or ())
        for one in levels:
            if one not in ("auto", CLASSES):
                if not str(one).isdecimal():
                    raise LightError(
                        f"There is no level {str(one)[:60]!r}; say auto, classes, or 1 (coarse) to 6 (fine)."
                    )
                self.nodes.level(int(one))
        for name in names:
            self.nodes.find(name)
        return levels or ([] if names else ["auto"]), names

    @staticmethod
    def _groups(heard: Heard, asked: _Asked) -> list[Group]:
        levels, names = asked
        groups = [
            auto_group(heard) if one == "auto" else level_group(heard, None if one == CLASSES else int(one))
            for one in dict.fromkeys(levels)
        ]
        return [*groups, class_group(heard, names)] if names else groups


_Asked = tuple[list[Level], list[str]]


def _db(samples: Any) -> float | None:
    meter = Meter()
    meter.add(samples)
    return meter.db
