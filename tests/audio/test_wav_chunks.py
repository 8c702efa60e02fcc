"""Markers and names in WAV files: where the standard has them, and no sample is another for it."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import soundfile

from unweave.audio import wav
from unweave.audio.io import AudioWriter, read_audio
from unweave.audio.tags import Tags
from unweave.audio.wav_chunks import Marker, channels_chunk, cue_chunks, info_chunk

MARKERS = [Marker("odd", 3, 5), Marker("Dog", 100, 2000), Marker("Siren · 犬", 44100)]


def chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks of a RIFF or RF64 file, the last one ending where the file ends; a list under the name of its kind."""
    found, place = {}, 12
    wide = struct.unpack("<Q", data[28:36])[0] if data[:4] == b"RF64" else 0
    while place < len(data):
        code, size = data[place : place + 4], struct.unpack("<I", data[place + 4 : place + 8])[0]
        size = wide if size == 0xFFFFFFFF else size
        body = data[place + 8 : place + 8 + size]
        assert len(body) == size
        found[body[:4] if code == b"LIST" else code] = body
        place += 8 + size + size % 2
    assert place == len(data)
    return found


def parts(body: bytes) -> list[tuple[bytes, bytes]]:
    found, place = [], 4
    while place < len(body):
        size = struct.unpack("<I", body[place + 4 : place + 8])[0]
        found.append((body[place : place + 4], body[place + 8 : place + 8 + size]))
        place += 8 + size + size % 2
    return found


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("samples", [5000, 5001])
@pytest.mark.parametrize("limit", [None, 4000])
def test_markers_are_cues_with_labels_and_lengths(
    tmp_path: Path, subtype: str, samples: int, limit: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if limit:
        monkeypatch.setattr(wav, "RIFF_LIMIT", limit)
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (1, samples)).astype(np.float32)
    with AudioWriter(tmp_path / "x.wav", 44100, 1, "wav", subtype, tags=Tags("Dog"), markers=MARKERS[::-1]) as file:  # type: ignore[arg-type]
        file.write(x)
    data = (tmp_path / "x.wav").read_bytes()
    assert data[:4] == (b"RF64" if limit else b"RIFF")
    size = struct.unpack("<Q", data[20:28])[0] if limit else struct.unpack("<I", data[4:8])[0]
    assert size == len(data) - 8
    found = chunks(data)
    count = struct.unpack("<I", found[b"cue "][:4])[0]
    points = [struct.unpack("<II4sIII", found[b"cue "][4 + 24 * n : 28 + 24 * n]) for n in range(count)]
    assert points == [(n, m.start, b"data", 0, 0, m.start) for n, m in enumerate(MARKERS, 1)]
    texts = parts(found[b"adtl"])
    labels = {struct.unpack("<I", body[:4])[0]: body[4:] for code, body in texts if code == b"labl"}
    assert labels == {1: b"odd\0", 2: b"Dog\0", 3: "Siren · 犬".encode() + b"\0"}
    lengths = [struct.unpack("<II4s", body[:12]) for code, body in texts if code == b"ltxt"]
    assert lengths == [(1, 5, b"rgn "), (2, 2000, b"rgn ")]
    np.testing.assert_allclose(read_audio(tmp_path / "x.wav")[0], x, atol=2**-15)
    np.testing.assert_allclose(soundfile.read(tmp_path / "x.wav")[0], x[0], atol=2**-15)


def test_what_has_no_place_is_left_out() -> None:
    assert cue_chunks([]) == b"" and cue_chunks([Marker("far", 1 << 32), Marker("before", -1)]) == b""
    assert info_chunk(Tags()) == b""
    long = cue_chunks([Marker("long", 7, 1 << 33)])
    assert struct.pack("<II4s", 1, (1 << 32) - 1, b"rgn ") in long


def test_channels_have_names_in_ixml() -> None:
    data = channels_chunk(["Dog L", "Dog R", "Rain <&> drops"])
    assert data[:4] == b"iXML" and len(data) % 2 == 0
    (size,) = struct.unpack("<I", data[4:8])
    root = ET.fromstring(data[8 : 8 + size])
    assert root.findtext("TRACK_LIST/TRACK_COUNT") == "3"
    tracks = root.findall("TRACK_LIST/TRACK")
    assert [t.findtext("NAME") for t in tracks] == ["Dog L", "Dog R", "Rain <&> drops"]
    assert [t.findtext("INTERLEAVE_INDEX") for t in tracks] == ["1", "2", "3"]
