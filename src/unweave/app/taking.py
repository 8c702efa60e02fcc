"""Uploads on their way in: everything that is checked before, while and after a file comes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from pathlib import Path
from typing import Any

from fastapi import Request, Response

from unweave.app.folders import remove
from unweave.app.receiving import receive
from unweave.app.refusals import Refused
from unweave.app.service import Service
from unweave.app.things import GIVEN, Upload
from unweave.app.visitors import Visitor, new_id
from unweave.app.who import Who


class Taking:
    """Takes files in.

    Args:
        service: to which they go.
        who: brings them.
    """

    def __init__(self, service: Service, who: Who) -> None:
        self._service, self._who = service, who

    async def take(
        self,
        request: Request,
        response: Response,
        look: bool = True,
        listen: bool = True,
        fields: tuple[str, ...] = ("file",),
    ) -> tuple[Visitor, Upload, dict[str, str]]:
        """A form with a file in it.

        Args:
            request: with the form.
            response: that may get a cookie.
            look: whether pictures are wanted.
            listen: whether events are wanted.
            fields: what the field with the file may be called.

        Returns:
            Whose it is, the upload, and the other fields of the form.

        Raises:
            Refused: too large, no room, no such form.
        """
        service = self._service
        size = _length(request)
        service.limits.check_bytes(size - 65536)  # the form around it counts too
        service.limits.check_room(service.root.path, size)
        if service.uploading >= service.limits.uploading:
            raise Refused("Too many files are on their way just now; try again in a moment.", 429, "too_many", retry=5)
        visitor = self._who.owner(request, response)
        await asyncio.to_thread(service.check_own, visitor, size)
        id = new_id()
        folder = visitor.new_folder(id)
        service.uploading += 1
        visitor.watching += 1  # however long it takes, they are there
        try:
            form = await receive(
                request.headers.get("content-type", ""), request.stream(), folder, service.limits, fields
            )
            path = folder / GIVEN / form.name
            _date(path, form.texts.pop("modified", ""))
        except BaseException:  # the visitor went away, too
            remove(folder)
            if visitor.key is None:
                service.visitors.remove(visitor)
            raise
        finally:
            service.uploading -= 1
            visitor.watching -= 1
            service.visitors.seen(visitor)
        return visitor, service.add_upload(visitor, id, folder, form.name, form.size, look, listen), form.texts

    def demo(self, request: Request, response: Response) -> Upload:
        """The demo scene as an upload."""
        scene = demo_scene()
        self._service.limits.check_room(self._service.root.path)
        visitor = self._who.owner(request, response)
        self._service.check_own(visitor)
        id = new_id()
        folder = visitor.new_folder(id)
        (folder / GIVEN).mkdir()
        shutil.copy2(scene, folder / GIVEN / scene.name)
        return self._service.add_upload(visitor, id, folder, scene.name, scene.stat().st_size, True, True)


def demo_scene() -> Path:
    """Where it lies: beside the modules of the package, or in the source tree that it is run from."""
    import unweave

    package = Path(unweave.__file__).parent
    installed = package / "app" / "assets" / "scene.flac"
    scene = installed if installed.is_file() else package.parents[1] / "examples" / "scene.flac"
    if not scene.is_file():
        raise Refused("The demo scene is not installed here.", 404, "not_found")
    return scene


def _length(request: Request) -> int:
    """Bytes that are announced; 0 where nothing is."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _date(path: Path, modified: Any) -> None:
    """The time of the file as it was with the visitor, which tracks tell as the date of the recording."""
    with contextlib.suppress(ValueError, OverflowError, OSError):
        seconds = float(modified) / 1000
        os.utime(path, (seconds, seconds))
