"""One file over HTTP(S): resumed where it broke off, tried again a few times, never waiting without end.

Plain urllib: every registered address, the Hugging Face ones included, is an ordinary HTTPS address, and one path for
all of them is one path to test. urllib honours the usual proxy variables.
"""

from __future__ import annotations

import http.client
import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from unweave.errors import FULL, DownloadError
from unweave.pretrained.reaching import NoAnswer, answered

Progress = Callable[[int, "int | None"], None]

_CHUNK = 1 << 20
REACH = 10.0  # s
_RETRIED = {408, 425, 429, 500, 502, 503, 504}


class _Broken(Exception):
    """A failure that another try may mend; its text is the reason."""


class _Unreached(_Broken):
    """The same, before the server has said a word."""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from an encrypted address to a plain one."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise DownloadError(f"{req.full_url} sends on to an address without encryption; nothing was fetched.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def transfer(
    url: str,
    part: Path,
    *,
    expected: int | None = None,
    progress: Progress | None = None,
    timeout: float = 30.0,
    tries: int = 5,
    wait: float = 1.0,
    reach: float = REACH,
) -> int | None:
    """Fetch `url` into `part`, going on from what is there already.

    Args:
        url: http or https.
        part: the unfinished file; beside it lies `<part>.json` with what tells that the remote file is still the same.
        expected: the registered size in bytes, or None.
        progress: called with the bytes that are there and the whole size, None where the server does not say.
        timeout: longest wait in s for a connection, and for each next piece of data.
        tries: failures in a row without a further megabyte, after which it gives up.
        wait: pause in s after the first failure; doubles with each one, up to 30 s.
        reach: s after which a server that has not said a word yet is given up, however many tries there were.

    Returns:
        The size that was checked, or None if neither the registry nor the server gave one.

    Raises:
        DownloadError: it did not come, or is of another size, or the disk is full.
    """
    failures, best = 0, _size(part)
    end: float | None = time.monotonic() + reach
    while True:
        try:
            return _attempt(url, part, expected, progress, timeout, end)
        except _Broken as broken:
            if not isinstance(broken, _Unreached):
                end = None  # it is there: from now on it is only slow, or breaks off
            pause = min(wait * 2**failures, 30.0)
            if end is not None and time.monotonic() + pause >= end:
                raise DownloadError(
                    f"{url} cannot be reached within {reach:g} s: {broken}. Look at the connection to the network, or "
                    "fetch the file by hand and give its path."
                ) from broken
            if _size(part) >= best + _CHUNK:
                failures = 0
            best = max(best, _size(part))
            failures += 1
            if failures >= tries:
                kept = f"; {best:,} bytes are kept, and the next try goes on from there" if _size(part) else ""
                raise DownloadError(f"{url} could not be fetched: {broken} ({failures} tries){kept}.") from broken
        time.sleep(pause)


def _attempt(
    url: str, part: Path, expected: int | None, progress: Progress | None, timeout: float, end: float | None
) -> int | None:
    start = _size(part)
    if expected is not None and start > expected:
        _discard(part)
        start = 0
    if expected is not None and start == expected:
        return expected
    try:
        opener = urllib.request.build_opener(_SafeRedirects)
        request = _request(url, part, start)
        response = answered(lambda: opener.open(request, timeout=timeout), end)
    except urllib.error.HTTPError as error:
        with error:
            return _refused(url, part, start, error)
    except DownloadError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise _Unreached(_reason(error, timeout)) from error
    with response:
        if response.headers.get_content_type() == "text/html":
            raise DownloadError(f"{url} gave a web page instead of a file of weights; the address may have changed.")
        start, total = _place(part, start, response)
        size = expected if expected is not None else total
        if total is not None and size is not None and total != size:
            _discard(part)
            raise DownloadError(f"{url} is {total:,} bytes long, but {size:,} are registered; it was not fetched.")
        _check_room(part, None if size is None else size - start)
        _remember(part, response, total)
        done = _receive(response, part, start, size, progress, timeout)
    if size is not None and done > size:
        _discard(part)
        raise DownloadError(f"{url} gave more than the {size:,} bytes that it should have; nothing was kept.")
    if size is not None and done < size:
        raise _Broken(f"it broke off after {done:,} of {size:,} bytes")
    _state(part).unlink(missing_ok=True)
    return size


def _request(url: str, part: Path, start: int) -> urllib.request.Request:
    headers = {"User-Agent": "unweave", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        validator = _recall(part).get("validator")
        if validator:
            headers["If-Range"] = validator
    return urllib.request.Request(url, headers=headers)


def _refused(url: str, part: Path, start: int, error: urllib.error.HTTPError) -> int | None:
    """What an HTTP error means: tried again, complete already, or the end."""
    if error.code == 416 and start:
        _, _, total = error.headers.get("Content-Range", "").partition("*/")
        if total == str(start):
            _state(part).unlink(missing_ok=True)
            return start
        _discard(part)
        raise _Broken("the server could not go on from where it broke off")
    if error.code in _RETRIED:
        raise _Broken(f"the server answered {error.code} {error.reason}")
    hint = {401: " It asks for a login.", 403: " It does not let us in.", 404: " The file is not there any more."}
    raise DownloadError(f"{url} could not be fetched: the server answered {error.code}.{hint.get(error.code, '')}")


def _place(part: Path, start: int, response: Any) -> tuple[int, int | None]:
    """Where the answer begins in the file, and the size of the whole, None if the server does not say."""
    length = response.headers.get("Content-Length", "")
    if response.status != 206:
        return 0, int(length) if length.isdigit() else None
    span, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    known = _recall(part).get("total")
    if span.partition("-")[0] != str(start) or (known is not None and total.isdigit() and int(total) != known):
        _discard(part)
        raise _Broken("the file at the address has changed meanwhile")
    return start, int(total) if total.isdigit() else None


def _receive(response: Any, part: Path, start: int, size: int | None, progress: Progress | None, timeout: float) -> int:
    done = start
    with _open(part, start) as file:
        while True:
            try:
                piece = response.read1(_CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise _Broken(_reason(error, timeout)) from error
            if not piece:
                return done
            try:
                file.write(piece)
            except OSError as error:
                raise _disk(part, error) from error
            done += len(piece)
            if progress is not None:
                progress(done, size)
            if size is not None and done > size:
                return done


def _open(part: Path, start: int) -> IO[bytes]:
    try:
        # Unbuffered, so that what was received is there when the next try looks, and a full disk shows at once.
        file = open(part, "r+b" if start else "wb", buffering=0)
        file.seek(start)
        return file
    except OSError as error:
        raise _disk(part, error) from error


def _check_room(part: Path, needed: int | None) -> None:
    free = shutil.disk_usage(part.parent).free
    if needed is not None and free < needed:
        raise DownloadError(
            f"The disk of {part.parent} is full: {needed:,} more bytes are needed and {free:,} are free. "
            "Make room, or set UNWEAVE_CACHE to another folder."
        )


def _disk(part: Path, error: OSError) -> DownloadError:
    if error.errno in FULL:
        return DownloadError(f"The disk of {part.parent} is full. Make room, or set UNWEAVE_CACHE to another folder.")
    return DownloadError(f"{part} cannot be written: {error.strerror}. Set UNWEAVE_CACHE to another folder.")


def _reason(error: Exception, timeout: float) -> str:
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(inner, NoAnswer):
        return "it does not answer"
    if isinstance(inner, TimeoutError):
        return f"nothing came for {timeout:g} s"
    if isinstance(inner, http.client.IncompleteRead):
        return "it broke off"
    return str(inner) or type(inner).__name__


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _state(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _state(part).unlink(missing_ok=True)


def _remember(part: Path, response: Any, total: int | None) -> None:
    """Keep what tells later that the remote file is still the same (only strong validators may be used for that)."""
    tag = response.headers.get("ETag")
    validator = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")
    try:
        _state(part).write_text(json.dumps({"validator": validator, "total": total}), encoding="utf-8")
    except OSError as error:
        raise _disk(part, error) from error


def _recall(part: Path) -> dict[str, Any]:
    try:
        state = json.loads(_state(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}
