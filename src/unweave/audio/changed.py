"""The file for a recording that was changed: a video for a video, else a sound in the format that was asked for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from unweave.audio.formats import Format, Subtype
from unweave.audio.tags import Tags
from unweave.audio.video import VideoWriter
from unweave.audio.video_source import has_pictures
from unweave.audio.writer import AudioWriter
from unweave.errors import UnweaveError

ChangedWriter: TypeAlias = AudioWriter | VideoWriter


def changed_writer(
    source: Path,
    place: Path,
    sample_rate: int,
    channels: int,
    *,
    format: Format | None = None,
    subtype: Subtype | None = None,
    stream: int = 0,
    start: float | Fraction | None = None,
    tags: Tags | None = None,
    layout: str | None = None,
) -> ChangedWriter:
    """A writer for the changed sound of a recording; both kinds are used in the same way.

    Args:
        source: the recording.
        place: the file to write without its suffix, as "out/clip.removed".
        sample_rate: in Hz.
        channels: of the recording.
        format: of the file; None for a video where the recording is one, else wav.
        subtype: of the samples, where the format has some.
        stream: number of the audio stream that was changed.
        start: for videos, see `VideoWriter`.
        tags: for sounds, what the file says of itself; a video keeps its own.
        layout: of the channels, as for `AudioWriter`; a video's stays as it is.

    Raises:
        UnweaveError: as `AudioWriter` and `VideoWriter`.
    """
    if format is None and _is_video(source):
        target = place.with_name(place.name + source.suffix)
        return VideoWriter(source, target, sample_rate, channels, stream=stream, start=start)
    chosen: Format = format or "wav"
    target = place.with_name(f"{place.name}.{chosen}")
    if target.exists() and source.exists() and target.samefile(source):
        raise UnweaveError(f"{target} would be written over while it is read; give another name or folder.")
    return AudioWriter(target, sample_rate, channels, chosen, subtype, layout, tags=tags)


def _is_video(source: Path) -> bool:
    try:
        return has_pictures(source)
    except UnweaveError:  # libsndfile reads some kinds of sound that FFmpeg does not
        return False
