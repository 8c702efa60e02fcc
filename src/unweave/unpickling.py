"""Opening a file that `torch.save` wrote somewhere else: nothing in it is run, nothing in it swells."""

from __future__ import annotations

import contextlib
import re
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from unweave.errors import ModelFileError
from unweave.regular import check_kind

MOST_ENTRIES_BYTES = 32_000_000  # of the directory of a zip; that of 100 000 tensors has a third
MOST_PICKLE_BYTES = 32_000_000  # of what says which tensors there are
# Numbers may be repeated without being stored again, and training files hold states in other precisions.
SWELLS, SPARE_BYTES = 4, 2_000_000_000


def open_plain(path: str | Path) -> Any:
    """What a file of `torch.save` holds: tensors, numbers, text, and lists and tables of them.

    Tensors of newer files stay on disk until they are used, so that optimiser states cost no memory.

    Raises:
        ModelFileError: no file, or one that is damaged, wants to run code, or claims more than it holds.
    """
    path = Path(path)
    _reject_obvious(path)
    try:
        zipped = zipfile.is_zipfile(path)
        if zipped:
            _check_zip(path)
        # Files of other pickle protocols are read too; the warning would only repeat that they are foreign.
        with warnings.catch_warnings(), _plain_numbers():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except ModelFileError:
        raise
    except Exception as error:  # whatever a damaged or hostile file provokes, the user needs one sentence
        raise ModelFileError(_explain(path, error)) from error
    _check_tensors(path, content)
    return content


def _reject_obvious(path: Path) -> None:
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder, not a file of published weights.")
    try:
        check_kind(path, "file of weights", ModelFileError)
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    if all(byte >= 32 or byte in b"\t\n\r" for byte in start) and b"\x80" not in start[:1]:
        raise ModelFileError(
            f"{path} is text, not weights; a download often gives a web page in place of the file. Download it again."
        )


def _check_zip(path: Path) -> None:
    """What the directory of a zip promises must fit into the file, as it does wherever `torch.save` wrote it."""
    size = path.stat().st_size
    if _directory_bytes(path, size) > MOST_ENTRIES_BYTES:
        raise ModelFileError(f"{path} lists more files within it than any weights have; it is not opened.")
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ModelFileError(f"{path} is a compressed archive, not a file of weights; unpack it first.")
    if sum(entry.file_size for entry in entries) > size:
        raise ModelFileError(f"{path} promises more than its {size:,} bytes hold; it is not opened.")
    if any(entry.file_size > MOST_PICKLE_BYTES for entry in entries if entry.filename.endswith(".pkl")):
        raise ModelFileError(f"{path} holds a list of tensors longer than any weights have; it is not opened.")


def _directory_bytes(path: Path, size: int) -> int:
    """Bytes of the directory at the end of a zip, as it says itself."""
    with path.open("rb") as file:
        file.seek(max(0, size - 70_000))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 16:
        return 0  # torch and zipfile find their own words for it
    (found,) = struct.unpack_from("<I", tail, end + 12)
    wide = tail.rfind(b"PK\x06\x06", 0, end)
    if wide >= 0 and len(tail) >= wide + 48:
        found = max(found if found != 0xFFFFFFFF else 0, *struct.unpack_from("<Q", tail, wide + 40))
    return int(found)


def _check_tensors(path: Path, content: Any) -> None:
    """Tensors are plain ones, and claim about as much as the file holds."""
    most = SWELLS * path.stat().st_size + SPARE_BYTES
    waiting, seen, claimed = [content], set[int](), 0
    while waiting:
        here = waiting.pop()
        if isinstance(here, Tensor):
            if here.layout != torch.strided or here.device.type != "cpu" or here.is_quantized:
                raise ModelFileError(f"{path} holds a tensor without plain numbers; ask its author for a plain file.")
            claimed += here.numel() * here.element_size()
        elif isinstance(here, (dict, list, tuple)) and id(here) not in seen:
            seen.add(id(here))
            waiting += here.values() if isinstance(here, dict) else here
    if claimed > most:
        raise ModelFileError(
            f"{path} claims {claimed:,} bytes of weights, far more than it holds; it is damaged or a trick."
        )


def _explain(path: Path, error: Exception) -> str:
    message = str(error)
    wanted = re.search(r"GLOBAL (\S+)", message)
    if wanted or "unrecognized function" in message:
        what = (
            ascii(wanted.group(1).rstrip(".,")[:100])[1:-1] if wanted else "an operation that plain weights do not need"
        )
        return (
            f"{path} is refused because it could run code: it asks for {what}. "
            "Only files of plain weights are read; ask its author for one."
        )
    return f"{path} is damaged or no file of weights; download it again."


def _plain_numbers() -> contextlib.AbstractContextManager[Any]:
    """Lets through NumPy numbers, which training records hold; they cannot run anything."""
    if torch.__version__ < "2.6":  # cannot yet be told the names that other NumPy versions give to one function
        return contextlib.nullcontext()
    scalar: Any = np.float64(0).__reduce__()[0]
    kinds = [np.dtype(kind) for kind in ("f8", "f4", "i8", "i4", "?")]
    allowed: list[Any] = [
        scalar,
        (scalar, "numpy.core.multiarray.scalar"),
        (scalar, "numpy._core.multiarray.scalar"),
        np.dtype,
        *{type(kind) for kind in kinds},
    ]
    manager: contextlib.AbstractContextManager[Any] = torch.serialization.safe_globals(allowed)
    return manager
