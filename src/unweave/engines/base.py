"""What every engine promises: it runs a trunk of a network, faster than PyTorch does by itself.

A trunk is a method of a separator or a tagger that takes real-valued tensors, batch first, and gives a tuple of such
(`Separator.trunks`, `Tagger.trunks`).
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import ClassVar, TypeAlias

import torch
from torch import Tensor

from unweave.allocator import release_memory
from unweave.engines.cache import Cache
from unweave.engines.trunk import Trunk
from unweave.errors import UnweaveError
from unweave.registry import Registry

Run: TypeAlias = Callable[..., tuple[Tensor, ...]]

MOST_STREAMS = 4  # rows that are worked on at once; each needs memory of its own


class Engine(ABC):
    """Contract of all engines.

    Args:
        threads: that may work at once; by default as many as torch uses.
        precision: that layers may compute in; bfloat16 only for an engine that has `half`.

    Attributes:
        title: what people call it.
        modules: that must be installed.
        command: what installs them.
        eight_bits: whether it can run quantised trunks; others run them from their weights in float32.
        half: whether it computes in bfloat16 where the processor can.
        streams: rows that it works on at once.
    """

    title: ClassVar[str]
    modules: ClassVar[tuple[str, ...]] = ()
    command: ClassVar[str] = ""
    eight_bits: ClassVar[bool] = False
    half: ClassVar[bool] = False

    def __init__(self, threads: int | None = None, precision: torch.dtype = torch.float32) -> None:
        self.precision = precision
        self.threads = threads or torch.get_num_threads()
        self.streams = min(self.threads, MOST_STREAMS)

    @abstractmethod
    def compile(self, trunk: Trunk, examples: Sequence[Tensor], cache: Cache) -> Run:
        """Make a trunk ready to run.

        Args:
            trunk: in evaluation mode, on the CPU; in 8 bits if `trunk.quantised` is there and the engine has it.
            examples: one row of each of its tensors; all rows that come later have these shapes.
            cache: where what was compiled is kept for the next start.

        Returns:
            What answers as the trunk does, any number of rows, called from any number of threads.
        """

    @classmethod
    def installed(cls) -> bool:
        """Whether its libraries are there; they are not imported."""
        return all(importlib.util.find_spec(name) is not None for name in cls.modules)

    @classmethod
    def check(cls) -> None:
        """Refuse to go on without its libraries.

        Raises:
            UnweaveError: what to install.
        """
        if not cls.installed():
            raise UnweaveError(
                f"The backend {cls.title} needs a library that is not installed: say {cls.command}, or leave "
                "--backend at auto."
            )


class CompilingEngine(Engine):
    """An engine whose compiled form of a trunk is bytes, which a cache keeps."""

    def compile(self, trunk: Trunk, examples: Sequence[Tensor], cache: Cache) -> Run:
        """See `Engine.compile`."""
        release_memory()  # in which the network as it is has worked until now
        name = self.cached_as(trunk, examples)
        if data := cache.read(name):
            with contextlib.suppress(Exception):  # made by another version or for another machine after all
                return self.load(data)
        with torch.autocast("cpu", enabled=False):  # who calls it may compute in half precision
            data = self.build(trunk, examples)
        cache.write(name, data)
        return self.load(data)

    def cached_as(self, trunk: Trunk, examples: Sequence[Tensor]) -> str:
        """Name in a cache; whatever shapes what `build` gives changes it."""
        versions = [_version(name) for name in self.modules]
        shapes = [tuple(tensor.shape) for tensor in examples]
        return trunk.fingerprint(self.title, self.threads, str(self.precision), *versions, *shapes)

    @abstractmethod
    def build(self, trunk: Trunk, examples: Sequence[Tensor]) -> bytes:
        """Compile."""

    @abstractmethod
    def load(self, data: bytes) -> Run:
        """Make ready to run what `build` gave.

        Raises:
            Exception: of any kind, if these bytes are of no use here.
        """


def _version(module: str) -> str:
    try:
        return metadata.version(module)
    except metadata.PackageNotFoundError:  # installed under another name, such as onnxruntime-gpu
        return str(getattr(importlib.import_module(module), "__version__", "unknown"))


engines: Registry[Engine] = Registry("backend", "unweave.engines")
