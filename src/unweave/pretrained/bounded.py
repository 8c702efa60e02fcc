"""A network that a stranger describes, built no larger than the weights that are there for it.

A description may ask for a network of any size. Its file of weights has a size too, and says in its header which
tensors it holds; building is given up as soon as a network wants more than that.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as registration
from torch.overrides import TorchFunctionMode

from unweave.errors import ModelFileError, UnweaveError
from unweave.pretrained.eight_bits import SCALE, scaled
from unweave.regular import check_kind
from unweave.strict import shown

Shapes = dict[str, tuple[int, ...]]

SPARE = 4  # a network may throw away some of the layers that it was built with
SPARE_LAYERS, SPARE_NUMBERS = (
    1000,
    20_000_000,
)  # beyond those in the file; numbers also for windows, filters and the like
_FACTORIES = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn)


class TooLarge(Exception):
    """A network that wants more than its file holds."""


def declared(path: Path) -> Shapes:
    """The shapes of the weights in a file of safetensors, by name; their bytes are known to be there.

    Raises:
        ModelFileError: no such file, or a damaged one.
    """
    from safetensors import SafetensorError, safe_open

    try:
        check_kind(path, "file of weights", ModelFileError)
        with safe_open(path, framework="pt") as file:
            names = set(file.keys())
            names -= {name + SCALE for name in scaled(names)}
            return {name: tuple(file.get_slice(name).get_shape()) for name in sorted(names)}
    except FileNotFoundError:
        raise ModelFileError(f"The weights {path} are missing.") from None
    except (SafetensorError, OSError) as error:
        raise ModelFileError(f"The weights {path} cannot be read: {' '.join(str(error).split())[:200]}.") from error


def build_bounded(what: str, build: Callable[[], nn.Module], weights: Mapping[str, tuple[int, ...]]) -> nn.Module:
    """A network whose weights are of no worth yet; it takes memory in proportion to those that it will be given.

    Args:
        what: the network, as people call it.
        build: makes it.
        weights: shapes of what there is for it.

    Raises:
        UnweaveError: it wants far more than there is, or cannot be built.
    """
    numbers = sum(math.prod(shape) for shape in weights.values())
    most = SPARE * numbers + SPARE_NUMBERS
    try:
        with _registering(SPARE * len(weights) + SPARE_LAYERS, most), _NoLarger(most):
            return quietly(build)
    except TooLarge:
        raise ModelFileError(
            f"{what} is described larger than its weights, of which {numbers:,} numbers are there."
        ) from None
    except UnweaveError:
        raise
    except Exception as error:  # whatever a strange description provokes in layers, the user needs one sentence
        raise ModelFileError(f"{what} cannot be built as described ({shown(str(error))}).") from error


def quietly(build: Callable[[], nn.Module]) -> nn.Module:
    """Build a network whose weights come from elsewhere: nobody's random numbers are drawn, all are float32."""
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.device("cpu"), NoInit():
        return build().float()


class NoInit(TorchFunctionMode):
    """Leaves new weights as they are: random values that are overwritten at once take seconds to draw."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if kwargs and "tensor" in kwargs else args[0]
        return func(*args, **(kwargs or {}))


class _NoLarger(TorchFunctionMode):
    """No tensor of more than so many numbers is asked for."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _FACTORIES:
            sizes = args[0] if args and isinstance(args[0], (tuple, list)) else args or (kwargs or {}).get("size", ())
            if math.prod(size for size in sizes if isinstance(size, int)) > self.most:
                raise TooLarge
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def _registering(most_layers: int, most_numbers: int) -> Iterator[None]:
    """Nothing that this thread builds meanwhile may have more layers and weights, or more numbers in them."""
    thread, layers, numbers = threading.get_ident(), 0, 0

    def see(module: nn.Module, name: str, entry: Any) -> None:
        nonlocal layers, numbers
        if threading.get_ident() != thread or entry is None:
            return
        layers += 1
        numbers += entry.numel() if isinstance(entry, Tensor) else 0
        if layers > most_layers or numbers > most_numbers:
            raise TooLarge

    handles = [
        registration.register_module_parameter_registration_hook(see),
        registration.register_module_buffer_registration_hook(see),
        registration.register_module_module_registration_hook(see),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
