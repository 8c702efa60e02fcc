"""Which file a changed video becomes: its own kind with its own codec if that can be written, and what else if not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unweave.audio.encoder import usable_layout

# Encoders that FFmpeg itself calls experimental, or that it knows under another name than the codec.
_EXPERIMENTAL = {"vorbis", "dts", "truehd", "mlp", "s302m", "sonic", "sonicls"}
_ENCODERS = {"mp3": "libmp3lame", "opus": "libopus", "amr_nb": "libopencore_amrnb"}
_QUICKTIME = "mov,mp4,m4a,3gp,3g2,mj2"
# Demuxers whose muxer has another name; the rest are tried under the name that they have.
_MUXERS = {"matroska,webm": "matroska", "mpegvideo": "mpeg", "asf": "asf", "mpeg": "vob", "ogg": "ogg"}
_SUFFIX = ".mkv"


@dataclass(frozen=True)
class Plan:
    """One way of writing the video.

    Attributes:
        muxer: FFmpeg's name of the container.
        codec: FFmpeg's name of the sound's encoder.
        layout: the speakers' name for the encoder.
        sample_rate: of the sound in the file, in Hz.
        suffix: of the file.
        note: what is to be told about it, or "".
    """

    muxer: str
    codec: str
    layout: str
    sample_rate: int
    suffix: str
    note: str


def plans(container: Any, path: Path, codec: str, sample_rate: int, channels: int, layout: str) -> Iterator[Plan]:
    """The ways of writing a video back, the best one first.

    Args:
        container: the input, open in PyAV.
        path: of the input.
        codec: FFmpeg's name of the codec of the sound that is replaced.
        sample_rate: in Hz, of the new sound.
        channels: of the new sound.
        layout: the speakers' name in the input.
    """
    own = None if codec in _EXPERIMENTAL else _ENCODERS.get(codec, codec)
    said = _shown(codec)
    choices = [own, "aac", "libopus", "flac"] if own else ["aac", "libopus", "flac"]
    for muxer, suffix in ((muxer_for(container, path), path.suffix), ("matroska", _SUFFIX)):
        if muxer is None:
            continue
        moved = suffix != path.suffix
        for choice in dict.fromkeys(choices):
            rate = 48000 if choice == "libopus" else sample_rate
            if moved and choice == "libopus":
                continue  # Matroska holds AAC and FLAC, which keep the rate
            name = _layout(choice, rate, channels, layout)
            if name is None:
                continue
            notes = []
            if choice != own:
                notes.append(f"{said} cannot be written here, so the sound is {_shown(choice)}.")
            if rate != sample_rate:
                notes.append(f"Its rate is {rate} Hz.")
            if moved:
                notes.append(f"The file is {suffix[1:]}, because {path.suffix[1:] or 'its own kind'} cannot hold it.")
            yield Plan(muxer, choice, name, rate, suffix, " ".join(notes))


def muxer_for(container: Any, path: Path) -> str | None:
    """FFmpeg's name of the container to write, the same kind as the input; None if FFmpeg only reads it."""
    import av

    name = container.format.name
    if name == _QUICKTIME:
        brand = container.metadata.get("major_brand", "").strip()
        muxer = "mov" if brand == "qt" or (not brand and path.suffix.lower() in (".mov", ".qt")) else "mp4"
        muxer = {"3gp": "3gp", "3g2": "3g2"}.get(brand[:3], muxer)
    elif name == "matroska,webm" and path.suffix.lower() == ".webm":
        muxer = "webm"
    else:
        muxer = _MUXERS.get(name, name)
    try:
        writable = av.ContainerFormat(muxer, "w").is_output
    except ValueError:
        return None
    return muxer if writable else None


def is_quicktime(muxer: str) -> bool:
    """Whether it is one of the family of mov and mp4."""
    return muxer in ("mov", "mp4", "3gp", "3g2", "ipod")


def begins_with_index(path: Path) -> bool:
    """Whether a mov or mp4 has its index before its data, so that a player can begin before it has the whole file."""
    with open(path, "rb") as file:
        for _ in range(64):
            head = file.read(16)
            if len(head) < 8 or head[4:8] == b"mdat":
                return False
            if head[4:8] == b"moov":
                return True
            size = int.from_bytes(head[:4], "big")
            size = int.from_bytes(head[8:16], "big") if size == 1 else size
            if size < 8:
                return False
            file.seek(size - len(head), 1)
    return False


def _layout(codec: str, sample_rate: int, channels: int, layout: str) -> str | None:
    import av

    try:
        return usable_layout(codec, sample_rate, channels, layout)
    except av.codec.codec.UnknownCodecError:
        return None


def _shown(codec: str) -> str:
    names = {"aac": "AAC", "libopus": "Opus", "opus": "Opus", "flac": "FLAC", "libmp3lame": "MP3", "mp3": "MP3"}
    names |= {"vorbis": "Vorbis", "truehd": "TrueHD"}
    return names.get(codec, codec.removesuffix("_nb").replace("_", " ").upper())
