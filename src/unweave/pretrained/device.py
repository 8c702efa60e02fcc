"""Where a model runs, and in which precision: "auto" takes the best device that is there."""

from __future__ import annotations

import torch

from unweave.errors import UnweaveError

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


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


def pick_precision(name: str, device: torch.device) -> torch.dtype:
    """What the layers of a model compute in, where that does no harm: float32, bfloat16 or float16.

    Raises:
        UnweaveError: no such precision, or not on this device.
    """
    if name not in PRECISIONS:
        raise UnweaveError(f"There is no precision {name!r}; choose from {', '.join(PRECISIONS)}.")
    if name == "float16" and device.type == "cpu":
        raise UnweaveError("A CPU gains nothing from float16; choose --precision float32 or bfloat16.")
    if name == "bfloat16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise UnweaveError("This CUDA device does not compute in bfloat16; choose --precision float16 or float32.")
    return PRECISIONS[name]
