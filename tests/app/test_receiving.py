from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from unweave.app.limits import Limits
from unweave.app.receiving import Form, receive, safe_file_name
from unweave.app.refusals import Refused

KIND = "multipart/form-data; boundary=edge"


def part(name: str, value: bytes, file: str | None = None) -> bytes:
    given = "" if file is None else f'; filename="{file}"'
    return f'--edge\r\nContent-Disposition: form-data; name="{name}"{given}\r\n\r\n'.encode() + value + b"\r\n"


def read(body: bytes, folder: Path, kind: str = KIND, piece: int = 7, limits: Limits | None = None) -> Form:
    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(body), piece):
            yield body[start : start + piece]

    return asyncio.run(receive(kind, stream(), folder, limits or Limits(bytes=1000)))


def test_a_file_goes_to_its_place_byte_for_byte(tmp_path: Path) -> None:
    data = bytes(range(256)) + b"\r\n--edg--edge?" + b"\r\n"
    form = read(part("options", b'{"level": 1}') + part("file", data, "a b.wav") + b"--edge--\r\n", tmp_path)
    assert (form.name, form.size, form.texts) == ("a b.wav", len(data), {"options": '{"level": 1}'})
    assert (tmp_path / "given/a b.wav").read_bytes() == data


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (part("file", b"x" * 1001, "x.wav") + b"--edge--\r\n", KIND, 413),
        (part("file", b"x", "x.wav"), KIND, 400),  # breaks off
        (part("other", b"x") + b"--edge--\r\n", KIND, 400),
        (part("options", b"x" * 70000) + b"--edge--\r\n", KIND, 400),
        (b"".join(part(f"f{n}", b"x") for n in range(20)), KIND, 400),
        (part("file", b"x", "x.wav") * 2 + b"--edge--\r\n", KIND, 400),
        (b"no form at all", KIND, 400),
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data", 415),
    ],
)
def test_anything_else_is_refused(body: bytes, kind: str, status: int, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read(body, tmp_path, kind, piece=1 << 12)
    assert refused.value.status == status


def test_silence_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield part("file", b"x", "x.wav")
        await asyncio.sleep(3600)

    with pytest.raises(Refused, match="too long"):
        asyncio.run(receive(KIND, stream(), tmp_path, Limits(silent_seconds=0.01)))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("street.wav", "street.wav"),
        ("../../etc/passwd", "passwd"),
        ("C:\\sounds\\a.mp3", "a.mp3"),
        ("/etc/cron.d/x.sh", "x.sh"),
        ("..", "_"),
        ("", "_"),
        (".wav", "wav"),
        ("a\0b\n.wav", "a_b_.wav"),
        ("page.ht/ml", "ml"),
        ("x.not an ending", "x.not an ending"),
        ("CON.wav", "CON_.wav"),
        ("é" * 300 + ".flac", "é" * 100 + ".flac"),
    ],
)
def test_names_are_safe(given: str, name: str) -> None:
    assert safe_file_name(given) == name
