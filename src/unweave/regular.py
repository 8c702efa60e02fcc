"""Only regular files are read: a device, a pipe or `/proc` may wait for ever, never end, or act when it is opened."""

from __future__ import annotations

import stat
from pathlib import Path

from unweave.errors import UnweaveError

_LONGEST = 100  # letters of a path in a sentence that says that it is too long
_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_regular(path: Path, what: str = "recording") -> None:
    """Refuse what is no regular file with something in it, before it is opened.

    Args:
        path: the file.
        what: it should be, for the sentence.

    Raises:
        UnweaveError: what it is instead.
    """
    try:
        check_kind(path, what)
    except (FileNotFoundError, NotADirectoryError):
        raise UnweaveError(f"There is no file {path}; check the name and the folder.") from None
    except PermissionError as error:
        raise UnweaveError(f"{path} may not be read: permission is denied.") from error
    except OSError as error:
        raise UnweaveError(f"{str(path)[:_LONGEST]}... cannot be opened: {error.strerror or error}.") from error


def check_kind(path: Path, what: str, fault: type[UnweaveError] = UnweaveError) -> None:
    """The same for those who have sentences of their own for a file that is not there.

    Raises:
        UnweaveError: what it is instead; of the kind `fault`.
        OSError: the path leads nowhere.
    """
    try:
        status = path.stat()
    except ValueError:  # a null byte
        raise fault(f"There is no file {str(path)!r}; check the name and the folder.") from None
    if stat.S_ISDIR(status.st_mode):
        raise fault(f"{path} is a folder, not a {what}; give a file in it.")
    for is_kind, kind in _KINDS:
        if is_kind(status.st_mode):
            raise fault(f"{path} is {kind}, not a regular file; give a {what} on disk.")
    if not stat.S_ISREG(status.st_mode):
        raise fault(f"{path} is not a regular file; give a {what} on disk.")
    if status.st_size == 0:  # some of the system's own files wait for news, too, and say that they are empty
        raise fault(f"{path} is empty: it has no bytes in it.")
