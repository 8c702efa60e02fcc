"""A recording, changed: in memory, and into a file next to where its tracks would go."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from unweave.atomic import made_parents
from unweave.audio.changed import ChangedWriter, changed_writer
from unweave.audio.io import AudioReader, open_audio
from unweave.audio.tags import Tags
from unweave.errors import UnweaveError
from unweave.inference.change import Change, Changed, around, changed_blocks, listen
from unweave.inference.options import Options, Output
from unweave.inference.recording import open_recording, origin_of, part_of
from unweave.inference.report import SCHEMA, printable
from unweave.inference.track import Track
from unweave.networks import Networks, Progress

if TYPE_CHECKING:
    from unweave.inference.request import Request


@dataclass
class RemixReport:
    """What became of a recording.

    Attributes:
        path: of the file that was written.
        kind: "removed", "kept" or "remixed".
        sounds: that were changed, with what the tagger heard of them.
        gains_db: of each of them, -inf for one that is gone.
        warnings: sentences for the user.
    """

    path: Path
    kind: str
    sounds: list[Request]
    gains_db: list[float]
    warnings: list[str] = field(default_factory=list)

    def to_plain(self) -> dict[str, Any]:
        """The same in plain data; a sound that is gone has no gain."""
        sounds = [
            {
                "name": sound.name,
                "mid": sound.mid,
                "gain_db": None if math.isinf(gain) else round(gain, 3),
                "probability": None if sound.probability is None else round(sound.probability, 3),
                "events": [{"start": round(one.start, 3), "end": round(one.end, 3)} for one in sound.events],
            }
            for sound, gain in zip(self.sounds, self.gains_db, strict=True)
        ]
        return {"schema": SCHEMA, "file": printable(self.path), "change": self.kind, "sounds": sounds}


def remix(
    model: Networks, audio: Any, sample_rate: int | None, change: Change, options: Options, progress: Progress | None
) -> Track:
    """See `Model.remix`."""
    change.check(model, options)
    with open_recording(audio, sample_rate) as whole:
        recording = part_of(whole, options.part)
        changed = listen(model, recording, change, options, progress)
        blocks = list(around(recording, changed_blocks(model, recording, change, changed, options, progress)))
        return Track(change.title, None, None, None, np.concatenate(blocks, axis=1), recording.sample_rate)


def remix_file(
    model: Networks,
    path: Path,
    out_dir: Path,
    change: Change,
    options: Options,
    output: Output,
    progress: Progress | None,
    stream: int | None = None,
) -> RemixReport:
    """See `Model.remix_file`."""
    said = change.check(model, options)
    with open_audio(path, stream) as recording:
        place = out_dir / f"{printable(recording.path.stem)}.{change.kind}"
        # Whatever is to be refused is refused before any work: the file is open while the recording is heard.
        with made_parents(place), _writer(path, recording, place, change, output) as writer:
            _check_there(writer.path, output.overwrite)
            part = part_of(recording, options.part)
            changed = listen(model, part, change, options, progress)
            for block in around(part, changed_blocks(model, part, change, changed, options, progress)):
                writer.write(block)
    before = origin_of(part) / recording.sample_rate
    for request in changed.requests:  # the file is whole, and so are its times
        request.events = [replace(one, start=one.start + before, end=one.end + before) for one in request.events]
    return RemixReport(
        writer.path,
        change.kind,
        changed.requests,
        [20 * math.log10(factor) if factor else -math.inf for factor in changed.factors],
        [*said, *changed.sentences, *_warnings(writer, changed, recording)],
    )


def _writer(path: Path, recording: AudioReader, place: Path, change: Change, output: Output) -> ChangedWriter:
    """For the kind of file that was asked for, or that suits the recording."""
    return changed_writer(
        recording.path,
        place,
        recording.sample_rate,
        recording.channels,
        format=output.asked_format or ("wav" if str(path) == "-" else None),
        subtype=output.subtype_for(recording.info.floating),
        stream=recording.info.stream,
        start=recording.info.start,
        tags=Tags.of(change.title, recording.path),
        layout=recording.layout,
    )


def _check_there(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise UnweaveError(f"{path} exists; give --overwrite to replace it, or another folder with -o.")


def _warnings(writer: ChangedWriter, changed: Changed, recording: AudioReader) -> list[str]:
    sentences = [f"{what} was not heard in {recording.path}, so nothing of it was changed." for what in changed.silent]
    if writer.clipped:
        sentences.append(
            f"{writer.clipped} samples of {writer.path.name} passed full scale and were clipped; lower the gain, or "
            "write wav with --subtype FLOAT to keep them."
        )
    return [*sentences, *getattr(writer, "notes", ()), *recording.remarks()]
