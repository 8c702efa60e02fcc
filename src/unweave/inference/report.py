"""What was found and written: `tracks.json`, `events.csv` and `labels.txt`."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from unweave.audio.labels import labels_text
from unweave.inference.events import Event
from unweave.inference.request import HeardClass

SCHEMA = 1
MARK = "tracks.json"  # by which a folder of results is known
NAMES = (MARK, "events.csv", "labels.txt", "overview.png")  # of files beside the tracks
DIGITS = 3  # of times and probabilities in files; frames are 0.1 s long


@dataclass
class TrackInfo:
    """One written track.

    Attributes:
        file: relative to the folder of the report, with forward slashes.
        name: as people read it; "residual" for what is left.
        mid: of the class or node, or None.
        level: that was asked for, or None.
        query: what it was asked with where that is not a node, such as the path of an example; or None.
        probability: the highest that the tagger gave, or None.
        energy_db: mean square in dB of full scale, None for silence.
        events: when it sounds.
        heard: classes that sound in what it was asked with, such as a stretch; the most probable first.
        channels: of the file, from 0, where it holds all tracks; None where it holds this one alone.
    """

    file: str
    name: str
    mid: str | None
    level: int | None
    query: str | None
    probability: float | None
    energy_db: float | None
    events: list[Event] = field(default_factory=list)
    heard: list[HeardClass] = field(default_factory=list)
    channels: list[int] | None = None


@dataclass
class Report:
    """What a separation to disk gives back.

    Attributes:
        folder: where everything lies.
        input: path, sample_rate, channels and seconds of the recording.
        model: name.
        settings: that were in force.
        tracks: every file of sound, in groups, each group's residual last.
        events: of all classes, by start.
        warnings: sentences for the user.
        held: by the mid of a class, the file of the first group that holds what sounds of it.
    """

    folder: Path
    input: dict[str, Any]
    model: str
    settings: dict[str, Any]
    tracks: list[TrackInfo]
    events: list[Event]
    warnings: list[str] = field(default_factory=list)
    held: Mapping[str, str] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """What `tracks.json` holds."""
        tracks = [asdict(track) for track in self.tracks]
        for track in tracks:
            if track["channels"] is None:
                del track["channels"]
            track["probability"] = _rounded(track["probability"])
            track["energy_db"] = _rounded(track["energy_db"])
            track["events"] = [
                {key: _rounded(event[key]) for key in ("start", "end", "probability")} for event in track["events"]
            ]
            heard = [
                {"class": one["name"], "mid": one["mid"], "probability": _rounded(one["probability"])}
                for one in track.pop("heard")
            ]
            track |= {"heard": heard} if heard else {}
        return {
            "schema": SCHEMA,
            "input": self.input,
            "model": self.model,
            "settings": self.settings,
            "tracks": tracks,
        }

    def write(self, folder: Path) -> None:
        """Write `tracks.json`, `events.csv` and `labels.txt` into a folder."""
        text = json.dumps(self.to_plain(), indent=1, ensure_ascii=False)
        (folder / MARK).write_text(text + "\n", encoding="utf-8")
        with open(folder / "events.csv", "w", encoding="utf-8", newline="") as file:
            write_events(self.events, file, self.held)
        (folder / "labels.txt").write_text(labels_text(self.events), encoding="utf-8", newline="")


def written(folder: Path) -> set[str]:
    """Which files of a folder of results the run that made it wrote, by their names in it.

    Raises:
        ValueError: its `tracks.json` is damaged.
        OSError: it cannot be read.
    """
    told = json.loads((folder / MARK).read_text(encoding="utf-8")) if (folder / MARK).exists() else {}
    try:
        return {*NAMES, *(str(track["file"]) for track in told.get("tracks", ()))}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{MARK} tells of no tracks") from error


def write_events(events: list[Event], file: Any, held: Mapping[str, str]) -> None:
    """Events as `class,mid,start,end,probability,track`; what has no track of its own is in the residual's."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["class", "mid", "start", "end", "probability", "track"])
    for event in events:
        table.writerow(
            [
                event.name,
                event.mid,
                *map(_rounded, (event.start, event.end, event.probability)),
                held.get(event.mid, ""),
            ]
        )


def printable(name: Path | str) -> str:
    """The name of a file as text that any file can hold, whatever bytes it is made of."""
    return str(name).encode("utf-8", "backslashreplace").decode("utf-8")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
