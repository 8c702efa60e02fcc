"""What a WAV file carries beside its samples: names (LIST INFO), places with labels (cue, adtl), names of channels.

Sources: Microsoft's Multimedia Programming Interface 1.0 (RIFF WAVE, LIST, cue), the iXML specification 3.01.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from unweave.audio.tags import Tags, clean

_INFO = {"title": b"INAM", "album": b"IPRD", "date": b"ICRD", "comment": b"ICMT"}
# The place of a cue has 32 bits.
_MOST = (1 << 32) - 1


@dataclass(frozen=True)
class Marker:
    """A stretch of a file that has a name.

    Attributes:
        name: as "Dog".
        start: in samples.
        length: in samples, 0 for a point.
    """

    name: str
    start: int
    length: int = 0


def trailer(tags: Tags | None, markers: Sequence[Marker], channel_names: Sequence[str]) -> bytes:
    """All chunks that come after the samples."""
    named = channels_chunk(channel_names) if channel_names else b""
    return info_chunk(tags or Tags()) + cue_chunks(markers) + named


def info_chunk(tags: Tags) -> bytes:
    """LIST INFO with title, album (the source), date and comment; nothing for empty tags."""
    items = [(_INFO[name], value) for name, value in tags.items().items()]
    return _list(b"INFO", [_chunk(code, value.encode() + b"\0") for code, value in items]) if items else b""


def cue_chunks(markers: Sequence[Marker]) -> bytes:
    """Cue, and LIST adtl with a label and a length for each marker, in order; those past 32 bits are left out."""
    kept = sorted((m for m in markers if 0 <= m.start <= _MOST), key=lambda m: (m.start, m.length, m.name))
    if not kept:
        return b""
    points, texts = b"", []
    for number, marker in enumerate(kept, 1):
        points += struct.pack("<II4sIII", number, marker.start, b"data", 0, 0, marker.start)
        texts.append(_chunk(b"labl", struct.pack("<I", number) + clean(marker.name).encode() + b"\0"))
    for number, marker in enumerate(kept, 1):
        if marker.length > 0:  # makes it a region; purpose "rgn ", no country, language or code page
            length = min(marker.length, _MOST)
            texts.append(_chunk(b"ltxt", struct.pack("<II4sHHHH", number, length, b"rgn ", 0, 0, 0, 0)))
    return _chunk(b"cue ", struct.pack("<I", len(kept)) + points) + _list(b"adtl", texts)


def channels_chunk(names: Sequence[str]) -> bytes:
    """A name for each channel in iXML, as recorders of many tracks write it."""
    tracks = "".join(
        f"<TRACK><CHANNEL_INDEX>{n}</CHANNEL_INDEX><INTERLEAVE_INDEX>{n}</INTERLEAVE_INDEX>"
        f"<NAME>{escape(clean(name))}</NAME></TRACK>"
        for n, name in enumerate(names, 1)
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<BWFXML><IXML_VERSION>3.01</IXML_VERSION>'
        f"<TRACK_LIST><TRACK_COUNT>{len(names)}</TRACK_COUNT>{tracks}</TRACK_LIST></BWFXML>\n"
    )
    return _chunk(b"iXML", text.encode())


def _chunk(code: bytes, data: bytes) -> bytes:
    return code + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _list(kind: bytes, chunks: Sequence[bytes]) -> bytes:
    return _chunk(b"LIST", kind + b"".join(chunks))
