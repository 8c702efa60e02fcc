"""A form with a file, read from the network straight to its place on disk, in bounded memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import python_multipart
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from unweave.app.limits import Limits
from unweave.app.refusals import Refused
from unweave.app.things import GIVEN
from unweave.ontology.filenames import safe_name

_MOST_TEXT = 1 << 16  # bytes of a field that is no file
_MOST_FIELDS = 16
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")


class Form:
    """What came: one file, and short texts.

    Attributes:
        name: of the file, safe; "" if there was none.
        size: of the file in bytes.
        texts: by the names of their fields.
    """

    def __init__(self) -> None:
        self.name, self.size = "", 0
        self.texts: dict[str, str] = {}


async def receive(
    kind: str, stream: AsyncIterator[bytes], folder: Path, limits: Limits, fields: tuple[str, ...] = ("file",)
) -> Form:
    """Read a form; its file goes to `folder / GIVEN / name`.

    Args:
        kind: the content type of the request.
        stream: its body.
        folder: an empty one.
        limits: of the file, and how long nothing may come.
        fields: what the field with the file may be called.

    Raises:
        Refused: no such form, too large, broken off.
    """
    reader = _Reader(kind, folder, limits, fields)
    try:
        while True:
            try:
                chunk = await asyncio.wait_for(anext(stream), limits.silent_seconds)
            except StopAsyncIteration:
                break
            reader.write(chunk)
        return reader.finish()
    except asyncio.TimeoutError as error:
        raise Refused("Nothing came for too long; send the file once more.", 408) from error
    except FormParserError as error:
        raise Refused("This is no form that can be read; send it as multipart/form-data.") from error
    finally:
        reader.close()


def safe_file_name(given: str) -> str:
    """The name that a file has here: that of the visitor, as far as every file system takes it."""
    last = re.split(r"[/\\]", given)[-1]
    stem, ending = os.path.splitext(last)
    if not _ENDING.fullmatch(ending):
        stem, ending = last, ""
    return safe_name(stem) + ending


class _Reader:
    """The parser's callbacks."""

    def __init__(self, kind: str, folder: Path, limits: Limits, fields: tuple[str, ...]) -> None:
        content, options = parse_options_header(kind)
        boundary = options.get(b"boundary")
        if content != b"multipart/form-data" or not boundary or len(boundary) > 200:
            raise Refused("Send the file as a form, multipart/form-data, in the field file.", 415)
        self._folder, self._limits, self._fields = folder, limits, fields
        self._form = Form()
        self._file: Any = None
        self._field, self._text = "", bytearray()
        self._header, self._value, self._disposition = bytearray(), bytearray(), b""
        self._ended, self._count = False, 0
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers,
            "on_end": self._finish,
        }
        self._parser = python_multipart.MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    def write(self, chunk: bytes) -> None:
        self._parser.write(chunk)

    def finish(self) -> Form:
        self._parser.finalize()
        if not self._ended:
            raise Refused("The form broke off before its end; send it once more.")
        if not self._form.name:
            raise Refused(f"There is no file in this form; put it into the field {self._fields[0]}.")
        return self._form

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()

    def _begin(self) -> None:
        self._count += 1
        if self._count > _MOST_FIELDS:
            raise Refused("This form has too many fields.")
        self._disposition = b""
        self._text.clear()

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        if self._field in self._fields:
            if self._form.name:
                raise Refused("One file at a time; send another form for another file.")
            self._form.name = safe_file_name(options.get(b"filename", b"").decode("utf-8", "replace"))
            place = self._folder / GIVEN
            place.mkdir(mode=0o700)
            self._file = open(place / self._form.name, "xb")  # noqa: SIM115

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field in self._fields:
            self._form.size += end - start
            self._limits.check_bytes(self._form.size)
            try:
                self._file.write(data[start:end])
            except OSError as error:
                raise Refused("There is no room on the disk of this server just now.", 503, "no_room") from error
            return
        if len(self._text) + end - start > _MOST_TEXT:
            raise Refused(f"The field {self._field[:60]!r} is too long.")
        self._text += data[start:end]

    def _end(self) -> None:
        if self._field in self._fields:
            self._file.close()
        else:
            self._form.texts[self._field] = self._text.decode("utf-8", "replace")

    def _finish(self) -> None:
        self._ended = True
