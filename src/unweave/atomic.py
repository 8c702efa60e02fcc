"""A file or a folder that is there complete or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from unweave.claims import claimed
from unweave.errors import FULL, UnweaveError


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
            raise UnweaveError(_exists_sentence(target))
        if not _is_of_kind(target, mark):
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
def complete_folder(
    target: Path,
    overwrite: bool = True,
    mark: str | None = None,
    names: Callable[[Path], Collection[str]] | None = None,
) -> Iterator[Path]:
    """A new folder beside `target` that takes its name when all went well; otherwise nothing is left of it.

    One run at a time makes a folder. What others put into a folder that is replaced is kept in the new one.

    Args:
        target: the folder.
        overwrite: whether one that is there may be replaced.
        mark: a file that a folder must hold to be replaced; None for any folder.
        names: says which files of an old folder were made by the run that made it, by their names in it, with "/"; None
            for those that are called as new ones are.

    Raises:
        UnweaveError: another run is at it, it cannot be made, the disk is full; or something else has its name by now,
            and the sentence says where the new folder is.
    """
    made = _make_parents(target.parent)
    part = None
    try:
        with claimed(target) as part:
            if not overwrite and _exists(target):
                raise UnweaveError(_exists_sentence(target))
            try:
                part.mkdir()
                yield part
                _put_in_place(part, target, lambda: overwrite and _is_of_kind(target, mark), names)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)  # as long as the claim says whose it is
                raise
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


def _put_in_place(
    part: Path, target: Path, may_replace: Callable[[], bool], names: Callable[[Path], Collection[str]] | None
) -> None:
    if not os.path.lexists(target):
        try:
            part.rename(target)
            return
        except OSError:
            if not os.path.lexists(target):
                raise
    if not may_replace():  # it came while we worked
        aside = _free(target)
        part.rename(aside)
        raise UnweaveError(f"{target} was made by somebody else in the meantime; the new folder is {aside}.")
    old = part.with_name(part.name + "-old")
    target.rename(old)
    try:
        part.rename(target)
    except OSError:
        old.rename(target)
        raise
    try:
        _keep_others(old, target, names)
    except (OSError, ValueError):
        old.rename(_free(target))  # in sight, for whoever misses something in it
        return
    shutil.rmtree(old, ignore_errors=True)


def _keep_others(old: Path, new: Path, names: Callable[[Path], Collection[str]] | None) -> None:
    """Bring into a new folder what an old one holds that no run of ours put there."""
    mine = names(old) if names is not None else {file.relative_to(new).as_posix() for file in new.rglob("*")}
    for root, _, files in os.walk(old):
        for name in files:
            file = Path(root, name)
            within = file.relative_to(old)
            if within.as_posix() not in mine:
                (new / within).parent.mkdir(parents=True, exist_ok=True)
                file.rename(_free(new / within) if os.path.lexists(new / within) else new / within)


def _free(path: Path) -> Path:
    """A name like this one that nothing has."""
    number = 2
    while os.path.lexists(new := path.with_name(f"{path.stem} ({number}){path.suffix}")):
        number += 1
    return new


def _is_of_kind(folder: Path, mark: str | None) -> bool:
    """Whether a folder may be replaced: it holds the mark, or nothing."""
    if not folder.is_dir() or folder.is_symlink():
        return False
    return mark is None or (folder / mark).is_file() or not any(folder.iterdir())


def _exists_sentence(target: Path) -> str:
    return f"{target} exists; give --overwrite to replace it, or another folder with -o."


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


def _clean(part: Path | None, made: list[Path]) -> None:
    if part is not None:
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
    if code in FULL:
        return UnweaveError(f"{target} cannot be written: the disk is full. Make room or choose another folder.")
    return UnweaveError(
        f"{target} cannot be written: {getattr(error, 'strerror', None) or error}. Choose another folder with -o."
    )
