"""A recording taken apart into files: the same folder as `unweave separate` writes, without the picture."""

from __future__ import annotations

import contextlib
import csv
import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from unweave_light.errors import LightError
from unweave_light.plan import Event, Group, Heard
from unweave_light.recordings import FileRecording
from unweave_light.separating import Piece
from unweave_light.spectra import Samples
from unweave_light.tracks import RESIDUAL, Meter, kept

MARK = "tracks.json"  # by which a folder of results is known


@contextlib.contextmanager
def complete_folder(target: Path, overwrite: bool) -> Iterator[Path]:
    """A folder beside `target` that takes its name when all went well; otherwise nothing is left of it.

    Raises:
        LightError: something is there that may not be replaced, or nothing can be written.
    """
    if target.exists() and not overwrite:
        raise LightError(f"{target} exists; give --overwrite to replace it, or another folder with -o.")
    if target.exists() and not (target / MARK).is_file() and not (target.is_dir() and not any(target.iterdir())):
        raise LightError(f"{target} was not made by unweave and is not replaced; choose another folder with -o.")
    part = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        part.mkdir(parents=True)
        yield part
        if target.exists():
            old = part.with_name(part.name + "-old")
            target.rename(old)
            part.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            part.rename(target)
    except (OSError, soundfile.SoundFileError) as error:
        raise LightError(f"{target} cannot be written: {error}. Choose another folder with -o.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_tracks(
    folder: Path, recording: FileRecording, heard: Heard, groups: Sequence[Group], pieces: Iterator[Piece], model: str
) -> list[dict[str, Any]]:
    """Tracks, residuals, `tracks.json`, `events.csv` and `labels.txt`; gives the rows of the tracks."""
    subtype = "FLOAT" if recording.floating else "PCM_24"
    size = 10 * recording.sample_rate

    def writer(name: str) -> soundfile.SoundFile:
        (folder / name).parent.mkdir(exist_ok=True)
        return soundfile.SoundFile(
            str(folder / name), "w", recording.sample_rate, recording.channels, subtype, format="WAV"
        )

    names = [[f"{group.name}/{request.file}.wav" for request in group.requests] for group in groups]
    mixture, meters = Meter(), [Meter() for own in names for _ in own]
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(writer(name)) for own in names for name in own]
        for piece in pieces:
            mixture.add(piece.mixture)
            for file, meter, samples in zip(files, meters, piece.tracks, strict=True):
                file.write(samples.T)
                meter.add(samples)
    rows: list[dict[str, Any]] = []
    waiting = iter(meters)
    for group, own in zip(groups, names, strict=True):
        energies = [next(waiting).db for _ in own]
        numbers = kept(group, energies, mixture.db, heard.told["settings"]["faintest_db"])
        for number, name in enumerate(own):
            if number not in numbers:
                (folder / name).unlink()
        for number in numbers:
            request = group.requests[number]
            rows.append(
                _row(
                    own[number], request.name, request.mid, group, request.probability, energies[number], request.events
                )
            )
        rest, meter = f"{group.name}/{RESIDUAL}.wav", Meter()
        with writer(rest) as file:
            for samples in _rest(recording, [folder / own[number] for number in numbers], size):
                file.write(samples.T)
                meter.add(samples)
        rows.append(_row(rest, RESIDUAL, None, group, None, meter.db, []))
    told = {"path": str(recording.path), "sample_rate": recording.sample_rate, "channels": recording.channels}
    report = {"schema": 1, "input": {**told, "seconds": heard.seconds}, "model": model, "settings": {}, "tracks": rows}
    (folder / MARK).write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    events = heard.class_events()
    with open(folder / "events.csv", "w", encoding="utf-8", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows(
            [("class", "mid", "start", "end", "probability"), *map(event_row, events)]
        )
    labels = "".join(f"{event.start:.3f}\t{event.end:.3f}\t{event.name}\n" for event in events)
    (folder / "labels.txt").write_text(labels, encoding="utf-8")
    return rows


def event_row(event: Event) -> tuple[str, str, float, float, float]:
    """As it stands in a table."""
    return event.name, event.mid, round(event.start, 3), round(event.end, 3), round(event.probability, 3)


def _rest(recording: FileRecording, tracks: Sequence[Path], size: int) -> Iterator[Samples]:
    """The recording less its tracks as they were written: so all files add up to it, and none is held in memory."""
    own = [FileRecording(track).blocks(size) for track in tracks]
    for block in recording.blocks(size):
        yield block - np.sum([next(one) for one in own], axis=0, dtype=np.float32) if own else block


def _row(
    file: str,
    name: str,
    mid: str | None,
    group: Group,
    probability: float | None,
    energy: float | None,
    events: list[Event],
) -> dict[str, Any]:
    told = [
        {key: round(value, 3) for key, value in asdict(one).items() if key not in ("name", "mid")} for one in events
    ]
    return {
        "file": file,
        "name": name,
        "mid": mid,
        "level": group.level,
        "query": None,
        "probability": None if probability is None else round(probability, 3),
        "energy_db": None if energy is None else round(energy, 3),
        "events": told,
    }
