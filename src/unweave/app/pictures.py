"""A recording as the page shows it: peaks, a spectrogram, and its sound in a form that every browser plays."""

from __future__ import annotations

import contextlib
import json
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.app.limits import Limits
from unweave.app.things import PLAYED
from unweave.app.worker import Tell
from unweave.audio.io import AudioReader, AudioWriter, open_audio
from unweave.errors import UnweaveError
from unweave.inference.envelope import Envelope, Spectrum

PEAKS_PER_SECOND, MOST_PEAKS = 100, 20000
COLUMNS, BANDS = 2000, 128
RANGE_DB = 80.0  # from the loudest to the colour of silence
ABOVE = Path("..")  # a recording lies in a folder of its own, so that nothing has its name
_BLOCK = 1 << 16
# From silence to loud; between these, colours are mixed.
_COLOURS = {
    "light": ("#ffffff", "#dbe7f4", "#8fb5dd", "#3b78b8", "#1f3f77", "#1b1440"),
    "dark": ("#0d1117", "#12263f", "#15507a", "#1f8f99", "#7fcf8f", "#f4f3a8"),
}
THEMES = tuple(_COLOURS)


def look(arguments: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Make `peaks.json`, `light.png`, `dark.png` and `sound.wav` above the folder that we are in.

    Args:
        arguments: `name` of the recording; `seconds`, the longest that is taken.
        tell: how far it is.

    Returns:
        seconds, sample_rate, channels, video, and warnings.
    """
    path, limits = Path(arguments["name"]), Limits(seconds=arguments["seconds"])
    with open_audio(path) as recording:
        rate = recording.sample_rate
        if recording.samples is None:  # the container does not say
            for count, _ in enumerate(recording.blocks(_BLOCK)):
                limits.check_seconds(count * _BLOCK / rate)
        total = recording.samples or 1
        limits.check_seconds(total / rate)
        envelope, spectrum = peaks_of(total, rate), Spectrum(total, rate, COLUMNS, BANDS)
        layout = recording.layout
        done = 0
        with AudioWriter(ABOVE / "sound.wav", rate, recording.channels, "wav", "PCM_16", layout) as sound:
            for block in recording.blocks(_BLOCK):
                envelope.add(block)
                spectrum.add(block)
                sound.write(block)
                done += block.shape[1]
                limits.check_seconds(done / rate)
                tell(done / rate, total / rate, "looking")
        write_peaks(ABOVE / "peaks.json", envelope, rate)
        picture = spectrum.picture()
        for theme in THEMES:
            (ABOVE / f"{theme}.png").write_bytes(png(picture, theme))
        return {
            "seconds": done / rate,
            "sample_rate": rate,
            "channels": recording.channels,
            "video": is_video(path),
            "warnings": recording.remarks(),
        }


def is_video(path: Path) -> bool:
    """Whether a recording has moving pictures."""
    from unweave.audio.video_source import has_pictures

    try:
        return has_pictures(path)
    except UnweaveError:  # some kinds of sound are read by libsndfile alone
        return False


def peaks_of(total: int, rate: int) -> Envelope:
    """An empty envelope with as many columns as the page needs."""
    return Envelope(total, max(1, min(MOST_PEAKS, math.ceil(total / rate * PEAKS_PER_SECOND))))


def write_peaks(path: Path, envelope: Envelope, rate: int) -> None:
    """Peaks as JSON; see docs/http.md."""
    seconds = envelope.total / rate
    values = {key: [round(float(one), 4) for one in getattr(envelope, key)] for key in ("low", "high")}
    about = {"seconds": seconds, "per_second": envelope.columns / seconds, **values}
    path.write_text(json.dumps(about, separators=(",", ":")), encoding="ascii")


def show(paths: list[Path]) -> None:
    """Make `peaks-N.json` of each track above the folder that we are in, and `played-N.wav` of what is no wav."""
    for number, path in enumerate(paths):
        with open_audio(path) as track:
            played = None if path.suffix == ".wav" else ABOVE / PLAYED.format(number)
            _draw_peaks(track, ABOVE / f"peaks-{number}.json", played)


def _draw_peaks(recording: AudioReader, path: Path, played: Path | None) -> None:
    if recording.samples is None:  # the container does not say
        for _ in recording.blocks(_BLOCK):
            pass
    rate, channels = recording.sample_rate, recording.channels
    envelope = peaks_of(recording.samples or 1, rate)
    copy = played and AudioWriter(played, rate, channels, "wav", "PCM_16", recording.layout)
    with copy or contextlib.nullcontext() as sound:
        for block in recording.blocks(_BLOCK):
            envelope.add(block)
            if sound is not None:
                sound.write(block)
    write_peaks(path, envelope, rate)


def png(picture: NDArray[np.float32], theme: str) -> bytes:
    """A picture of dB below the loudest (bands, columns), the first band at the bottom, as a png with a palette."""
    levels = np.clip((picture[::-1] / RANGE_DB + 1) * 255, 0, 255).astype(np.uint8)
    height, width = levels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), levels], axis=1)  # each row begins with its filter: none
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        (b"PLTE", _palette(theme)),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _palette(theme: str) -> bytes:
    stops = np.array([list(bytes.fromhex(colour[1:])) for colour in _COLOURS[theme]])
    places = np.linspace(0, 255, len(stops))
    mixed = [np.interp(np.arange(256), places, stops[:, part]) for part in range(3)]
    colours = np.stack(mixed, axis=1).round().astype(np.uint8)
    return bytes(colours.tobytes())
