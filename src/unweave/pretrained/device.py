"""Where a model runs: "auto" takes the best that is there."""

from __future__ import annotations

import torch

from unweave.errors import UnweaveError

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str = "auto") -> torch.device:
    """The device of a name: auto, cpu, cuda (or one of several: cuda:1), mps.

    Raises:
        UnweaveError: no such device, or not on this machine.
    """
    kind, _, number = name.partition(":")
    if kind not in DEVICES or (number and not (kind == "cuda" and number.isdecimal())):
        raise UnweaveError(f"There is no device {name!r}; choose from {', '.join(DEVICES)}.")
    if kind == "auto":
        kind = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    elif kind == "cuda" and not torch.cuda.is_available():
        raise UnweaveError("This machine has no CUDA device that torch can use; choose --device cpu or auto.")
    elif kind == "mps" and not torch.backends.mps.is_available():
        raise UnweaveError("This machine has no MPS device that torch can use; choose --device cpu or auto.")
    if number and int(number) >= torch.cuda.device_count():
        raise UnweaveError(f"There is no device {name!r}; this machine has {torch.cuda.device_count()} CUDA devices.")
    return torch.device(f"{kind}:{number}" if number else kind)
