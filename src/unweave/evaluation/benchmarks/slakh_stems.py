"""The stems of Slakh2100: what its metadata say of them, and where they are loud."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from unweave.audio.io import open_audio
from unweave.data.datasets.files import subfolders
from unweave.data.datasets.report import Report
from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.clips import below
from unweave.evaluation.benchmarks.kept import Kept

LOUD = 0.1  # of full scale, the peak that a segment must pass
ENDINGS = (".flac", ".wav")


class Stem(NamedTuple):
    """One instrument of one track.

    Attributes:
        path, mix: files of the stem and of the whole track, below the data set's folder.
        plugin: the sampler's patch that it was rendered with.
        family: its group of General MIDI.
        song: that the track was rendered from; the first publication has some songs in several tracks and parts.
    """

    path: str
    mix: str
    plugin: str
    family: str
    song: str


def read_stems(root: Path, part: str, report: Report) -> list[Stem]:
    """The stems of a part whose files are there, sorted by track."""
    folder = root / part
    stems = []
    for track in subfolders(folder) if folder.is_dir() else ():
        try:
            stems += _of_track(root, track)
        except UnweaveError as error:
            report.note(str(error))
    return stems


def loud_segments(path: Path, name: str, seconds: float, kept: Kept, report: Report) -> list[int]:
    """Numbers of the segments of a stem whose peak passes 0.1; what is left at the end is no segment.

    Args:
        path: of the stem.
        name: that it is kept under.
        seconds: length of a segment.
        kept: what was found before.
        report: told of a stem that cannot be read.
    """
    try:
        key = ("loud", name, path.stat().st_size, seconds)
        loud = kept.get(*key)
        if loud is None:
            with open_audio(path) as reader:
                length = round(seconds * reader.sample_rate)
                peaks = [np.abs(block.mean(0)).max() for block in reader.blocks(length) if block.shape[1] == length]
            loud = [number for number, peak in enumerate(peaks) if peak > LOUD]
            kept.put({key: loud})
    except OSError as error:
        report.note(f"{path} cannot be read: {error.strerror}.")
        return []
    except UnweaveError as error:
        report.note(str(error))
        return []
    return list(loud)


def _of_track(root: Path, track: Path) -> list[Stem]:
    import yaml

    path = track / "metadata.yaml"
    try:
        said = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        rows = sorted((str(name), dict(row)) for name, row in said["stems"].items())
    except (OSError, yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnweaveError(f"{path} is not there or does not list the track's stems, so it is left out.") from error
    mix = _file(track / "mix")
    if mix is None:
        raise UnweaveError(f"There is no mix.flac in {track}, so it is left out.")
    stems = []
    for name, row in rows:
        file = _file(track / "stems" / name)
        if file is not None and row.get("plugin_name"):  # instruments that were not rendered have no file
            song = str(said.get("UUID") or track.name)
            family = str(row.get("inst_class", ""))
            stems.append(Stem(below(root, file), below(root, mix), str(row["plugin_name"]), family, song))
    return stems


def _file(stem: Path) -> Path | None:
    return next((path for ending in ENDINGS if (path := stem.with_name(stem.name + ending)).is_file()), None)
