"""A file or a folder that is there complete or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from unweave.errors import UnweaveError


def check_target(target: Path, mark: str, overwrite: bool, inputs: Iterable[Path] = ()) -> None:
    """Refuse a place that cannot or must not be written, before any work.

    Args:
        target: the folder that is to be made.
        mark: a file that every folder of this kind holds; no folder without it is ever replaced.
        overwrite: whether one of this kind that is there may be replaced.
        inputs: files and folders that must not be lost with it.

    Raises:
        UnweaveError: the reason.
    """
    if _exists(target) or target.is_symlink():
        if not overwrite:
            raise UnweaveError(f"{target} exists; give --overwrite to replace it, or another folder with -o.")
        if not target.is_dir() or target.is_symlink() or not ((target / mark).is_file() or not any(target.iterdir())):
            raise UnweaveError(f"{target} was not made by unweave and is not replaced; choose another folder with -o.")
        for path in inputs:
            if path.resolve().is_relative_to(target.resolve()):
                raise UnweaveError(f"{path} lies in {target}, which would be replaced; choose another folder with -o.")
    here = target.parent
    while not _exists(here) and here != here.parent:
        here = here.parent
    if not here.is_dir():
        raise UnweaveError(f"{here} is a file, so nothing can be written under {target.parent}; choose another folder.")
    if not os.access(here, os.W_OK | os.X_OK):
        raise UnweaveError(f"The folder {here} is not writable; choose another one with -o.")


@contextlib.contextmanager
def complete_folder(target: Path) -> Iterator[Path]:
    """A new folder beside `target` that takes its name when all went well; otherwise nothing is left of it.

    Raises:
        UnweaveError: it cannot be made, or the disk is full.
    """
    made = _make_parents(target.parent)
    part = target.parent / f".unweave-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        part.mkdir()
        yield part
        _put_in_place(part, target)
    except OSError as error:
        _clean(part, made)
        raise _sentence(target, error) from error
    except BaseException:  # Ctrl-C too
        _clean(part, made)
        raise


@contextlib.contextmanager
def complete_file(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to, which takes its name when all went well; otherwise nothing is left of it.

    Raises:
        UnweaveError: it cannot be made, or the disk is full.
    """
    made = _make_parents(target.parent)
    part = target.with_name(f".{target.name}-{os.getpid()}-{secrets.token_hex(4)}{target.suffix}")
    try:
        yield part
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        _clean(part, made)
        raise _sentence(target, error) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def made_parents(target: Path) -> Iterator[None]:
    """The folder of a file, made where it is missing; if things go wrong, what was made is taken away again.

    Raises:
        UnweaveError: it cannot be made.
    """
    made = _make_parents(target.parent)
    try:
        yield
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _put_in_place(part: Path, target: Path) -> None:
    if not target.exists():
        part.rename(target)
        return
    old = part.with_name(part.name + "-old")
    target.rename(old)
    try:
        part.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _make_parents(folder: Path) -> list[Path]:
    """Make a folder and those above it; the new ones, the deepest first."""
    missing = []
    here = folder
    while not _exists(here) and here != here.parent:
        missing.append(here)
        here = here.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _sentence(folder, error) from error
    return missing


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError) as error:  # a name that is too long, or a null byte in it
        raise _sentence(path, error) from error


def _clean(part: Path, made: list[Path]) -> None:
    shutil.rmtree(part, ignore_errors=True)
    for folder in made:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _sentence(target: Path, error: OSError | ValueError) -> UnweaveError:
    code = getattr(error, "errno", None)
    if code == errno.ENAMETOOLONG or isinstance(error, ValueError):
        name = str(target).replace("\0", "?")
        return UnweaveError(
            f"{name[:100]}... cannot be written: that is no name for a file. Choose another one with -o."
        )
    if code in (errno.ENOSPC, errno.EDQUOT):
        return UnweaveError(f"{target} cannot be written: the disk is full. Make room or choose another folder.")
    return UnweaveError(
        f"{target} cannot be written: {getattr(error, 'strerror', None) or error}. Choose another folder with -o."
    )
