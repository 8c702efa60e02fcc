from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile as sf

from unweave.audio.pcm import ENDLESS, FORMATS, MOST_HEADER, PcmFormat, read_header
from unweave.errors import UnweaveError

STEPS = {"s16le": 2**15, "s24le": 2**23, "s32le": 2**31, "f32le": 2**31}


@pytest.mark.parametrize("samples", FORMATS)
def test_samples_survive_the_way_there_and_back(samples: str) -> None:
    form = PcmFormat(8000, 3, samples)
    x = np.random.default_rng(0).uniform(-1, 1, (3, 500)).astype(np.float32)
    data = form.encode(x)
    assert len(data) == 500 * form.frame
    back = form.decode(data)
    np.testing.assert_allclose(back, x, atol=0.51 / min(STEPS[samples], 2**24))
    assert form.encode(back) == data or samples == "s32le"  # float32 has fewer bits than 32


def test_what_passes_full_scale_is_clipped_and_does_not_turn_over() -> None:
    loud = np.array([[-2.0, -1.0, 1.0, 2.0]], np.float32)
    for samples in ("s16le", "s24le", "s32le"):
        form = PcmFormat(8000, 1, samples)
        np.testing.assert_allclose(form.decode(form.encode(loud)), [[-1, -1, 1, 1]], atol=1e-4)


def header_of(data: bytes) -> tuple[PcmFormat, bytes]:
    file = io.BytesIO(data)
    return read_header(file.read(4), file.read), file.read()


@pytest.mark.parametrize(("subtype", "samples"), [("PCM_16", "s16le"), ("PCM_24", "s24le"), ("FLOAT", "f32le")])
def test_files_of_other_programs_are_read(subtype: str, samples: str) -> None:
    x = np.random.default_rng(1).uniform(-0.9, 0.9, (700, 2)).astype(np.float32)
    file = io.BytesIO()
    sf.write(file, x, 22050, subtype, format="WAV")
    form, rest = header_of(file.getvalue())
    assert (form.sample_rate, form.channels, form.samples, form.wav) == (22050, 2, samples, True)
    assert form.size == 700 * form.frame
    np.testing.assert_allclose(form.decode(rest[: form.size]), x.T, atol=1e-4)


@pytest.mark.parametrize("samples", FORMATS)
def test_our_streams_are_read_by_us_and_by_others(samples: str) -> None:
    form = PcmFormat(44100, 2, samples, wav=True)
    x = np.random.default_rng(2).uniform(-0.9, 0.9, (2, 300)).astype(np.float32)
    data = form.header() + form.encode(x)
    again, rest = header_of(data)
    assert again == form and len(rest) == 300 * form.frame
    there, rate = sf.read(io.BytesIO(data), dtype="float32")
    assert rate == 44100
    np.testing.assert_allclose(there.T, x, atol=1e-4)
    assert PcmFormat(44100, 2, samples).header() == b""


def wav(*chunks: tuple[bytes, bytes], data: int = ENDLESS, first: bytes = b"RIFF") -> bytes:
    body = b"".join(name + struct.pack("<I", len(content)) + content for name, content in chunks)
    return first + struct.pack("<I", ENDLESS) + b"WAVE" + body + b"data" + struct.pack("<I", data)


PLAIN = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)


def test_sizes_that_nobody_knew_mean_all_that_comes() -> None:
    placeholders = [
        0,
        ENDLESS,
        ENDLESS - 36,
        0x7FFFF000,
        0x7FFFFF00,
        0x7FFFFFFF - 36,
        0x80000000,
    ]  # FFmpeg, SoX, arecord
    for size, first in [(size, b"RIFF") for size in placeholders] + [(4000, b"RF64")]:
        assert header_of(wav((b"fmt ", PLAIN), data=size, first=first))[0].size is None
    form, _ = header_of(wav((b"LIST", b"odd"[:2]), (b"fmt ", PLAIN), data=4000))
    assert form.size == 4000


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (wav((b"fmt ", PLAIN))[:20], "ends inside"),
        (b"RIFX" + wav((b"fmt ", PLAIN))[4:], "little endian"),
        (b"RIFF\0\0\0\0AVI " + bytes(100), "no WAV stream"),
        (wav(), "does not say"),
        (wav((b"fmt ", PLAIN[:10])), "damaged"),
        (wav((b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))), "8 bits"),
        (wav((b"fmt ", struct.pack("<HHIIHH", 85, 1, 8000, 8000, 1, 16))), "format 85"),
        (b"RIFF\0\0\0\0WAVEjunk" + struct.pack("<I", MOST_HEADER), "first megabyte"),
        (b"RIFF\0\0\0\0WAVEjunk" + struct.pack("<I", ENDLESS - 2), "first megabyte"),
    ],
)
def test_what_is_no_such_stream_is_refused_without_reading_on(data: bytes, says: str) -> None:
    file = io.BytesIO(data)
    with pytest.raises(UnweaveError, match=says):
        read_header(file.read(4), file.read)
