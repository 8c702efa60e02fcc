"""Files as answers: sounds with ranges, downloads, and everything of a job as a zip that is made while it is sent."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from starlette.responses import FileResponse, StreamingResponse

from unweave.app.folders import within
from unweave.app.refusals import not_found
from unweave.app.safety import FILE_POLICY

# What is never in here is sent as bytes without a meaning: no browser shows it, whatever is in it.
KINDS = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
}
PLAIN = "application/octet-stream"
_PIECE = 1 << 16


def file_answer(folder: Path, name: str, download: str | None = None, plain: bool = False) -> FileResponse:
    """A file of a private folder.

    Args:
        folder: the folder.
        name: of the file in it.
        download: the name under which it is saved; None to be shown or played.
        plain: whether it is what somebody gave, of which nothing is believed.

    Raises:
        Refused: it is not there.
    """
    path = within(folder, name)
    if path is None:
        raise not_found("file")
    kind = PLAIN if plain else KINDS.get(path.suffix.lower(), PLAIN)
    headers = {"content-security-policy": FILE_POLICY, "cache-control": "private, no-cache"}
    return FileResponse(path, media_type=kind, headers=headers, filename=download, stat_result=path.stat())


def zip_answer(folder: Path, names: list[str], place: str, name: str) -> StreamingResponse:
    """Files of a private folder as one zip.

    Args:
        folder: the folder.
        names: of the files in it.
        place: of them in the zip, "" or a folder.
        name: of the zip.
    """
    paths = [(f"{place}/{one}" if place else one, path) for one in names if (path := within(folder, one)) is not None]
    response = StreamingResponse(_zipped(paths), media_type="application/zip")
    disposition = FileResponse(folder, filename=name).headers["content-disposition"]
    response.headers.update({"content-disposition": disposition, "content-security-policy": FILE_POLICY})
    return response


class _Sink(io.RawIOBase):
    """What a zip is written to; it cannot seek, so what was written can be sent on."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        held, self._held = self._held, []
        return b"".join(held)


def _zipped(paths: list[tuple[str, Path]]) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, path in paths:
            about = zipfile.ZipInfo.from_file(path, name)
            with open(path, "rb") as file, archive.open(about, "w", force_zip64=True) as target:
                while piece := file.read(_PIECE):
                    target.write(piece)
                    yield sink.taken()
    yield sink.taken()
