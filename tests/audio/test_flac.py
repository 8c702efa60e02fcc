"""Times of FLAC frames, from the numbers in their headers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from unweave.audio.flac import FlacClock, _number


def packet(number: int, variable: bool = False) -> bytes:
    return bytes([0xFF, 0xF8 | variable, 0xC9, 0x08]) + chr(number).encode("utf-8", "surrogatepass") + bytes(20)


@pytest.mark.parametrize("number", [0, 1, 0x7F, 0x80, 0x7FF, 0x800, 0xD800, 0xFFFF, 0x10000, 0x10FFFF])
def test_numbers_are_coded_like_characters(number: int) -> None:
    clock = FlacClock(48000, 4096)
    assert clock.time(packet(number)) == number * 4096 / 48000
    assert clock.time(packet(number, variable=True)) == number / 48000


def test_numbers_go_beyond_characters_up_to_36_bits() -> None:
    assert _number(b"\xfe" + b"\xbf" * 6) == (1 << 36) - 1
    assert _number(b"\xfc\x84\x80\x80\x80\x80") == 1 << 26


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xf8", bytes(20), b"\xff\xfb\xc9\x08" + bytes(9), b"\xff\xf8\xc9\x08\xff" + bytes(9)]
)
def test_what_is_no_frame_has_no_time(raw: bytes) -> None:
    assert FlacClock(48000, 4096).time(raw) is None
    assert FlacClock(48000, 4096).time(b"\xff\xf8\xc9\x08\xe0\x80") is None  # a number that breaks off


def test_only_bare_flac_files_have_a_clock() -> None:
    head = (4096).to_bytes(2, "big") * 2 + bytes(6) + (44100 << 4).to_bytes(3, "big") + bytes(21)

    def clock(codec: str, container: str, extra: bytes | None) -> FlacClock | None:
        context = SimpleNamespace(name=codec, extradata=extra, options={})
        stream = SimpleNamespace(codec_context=context)
        return FlacClock.of(SimpleNamespace(format=SimpleNamespace(name=container)), stream)

    found = clock("flac", "flac", head)
    assert found is not None and found.time(packet(1)) == 4096 / 44100
    for other in (("flac", "ogg", head), ("aac", "flac", head), ("flac", "flac", None), ("flac", "flac", bytes(34))):
        assert clock(*other) is None
