"""The mix as heard: tracks of a job, each times its factor, as a sound or back in the video."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from unweave.app.pictures import ABOVE, show
from unweave.app.worker import Tell
from unweave.audio.changed import changed_writer
from unweave.audio.io import AudioReader, open_audio
from unweave.audio.tags import Tags
from unweave.inference.options import Output

_BLOCK = 1 << 16


def mix(arguments: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Write `out/<stem>.mix.<ending>` above the folder that we are in.

    Args:
        arguments: `source`, the name of the recording; `tracks`, a list of (path, factor); `format`, or None for what
            suits the recording, a video for a video.
        tell: how far it is.

    Returns:
        file, warnings, and the track as in docs/http.md.
    """
    source = Path(arguments["source"])
    output = Output.of(arguments["format"], None)
    (ABOVE / "out").mkdir()
    with ExitStack() as stack:
        recording = stack.enter_context(open_audio(source))
        tracks = [(stack.enter_context(open_audio(path)), float(factor)) for path, factor in arguments["tracks"]]
        rate, channels = tracks[0][0].sample_rate, tracks[0][0].channels
        writer = changed_writer(
            source,
            ABOVE / "out" / f"{source.stem}.mix",
            rate,
            channels,
            format=output.asked_format,
            subtype=output.subtype_for(tracks[0][0].info.floating),
            stream=recording.info.stream,
            start=recording.info.start,
            tags=Tags.of("Mix", source),
            layout=recording.layout,
        )
        stack.enter_context(writer)
        total, done, energy = max((track.seconds or 0.0) for track, _ in tracks), 0, 0.0
        for block in _summed(tracks):
            writer.write(block)
            done += block.shape[1]
            energy += float(np.square(block, dtype=np.float64).sum())
            tell(done / rate, total, "mixing")
    notes = list(getattr(writer, "notes", ()))
    if writer.clipped:
        notes.append(f"{writer.clipped} samples passed full scale and were clipped; lower the faders a little.")
    show([writer.path])
    level = round(10 * float(np.log10(energy / (done * channels))), 3) if energy else None
    return {"warnings": notes, "tracks": [{"file": writer.path.name, "name": "mix", "energy_db": level}]}


def _summed(tracks: list[tuple[AudioReader, float]]) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
    """Blocks (C, n); a lossy track may be a little shorter than another."""
    passes = [track.blocks(_BLOCK) for track, _ in tracks]
    for blocks in zip_longest(*passes):
        there = [(block, factor) for block, (_, factor) in zip(blocks, tracks, strict=True) if block is not None]
        total = np.zeros((there[0][0].shape[0], max(block.shape[1] for block, _ in there)), np.float32)
        for block, factor in there:
            total[:, : block.shape[1]] += np.float32(factor) * block
        yield total
