"""What every engine promises: it runs a core of a separator, faster than the network does by itself.

A core is a method of a separator that takes real-valued tensors, batch first, and gives a tuple of such
(`Separator.cores`). Engines run one row at a time: what one row needs fits into the caches of a CPU, and no answer
depends on its neighbours.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import ClassVar, TypeAlias

from torch import Tensor

from unweave.engines.cache import Cache
from unweave.engines.core import Core
from unweave.errors import UnweaveError
from unweave.registry import Registry

# One row of each tensor of a core in, one row of each result out.
Run: TypeAlias = Callable[..., tuple[Tensor, ...]]


class Engine(ABC):
    """Contract of all engines.

    Attributes:
        title: what people call it.
        modules: that must be installed.
        command: what installs them.
        eight_bits: whether it can run quantised cores; others run them from their weights in float32.
    """

    title: ClassVar[str]
    modules: ClassVar[tuple[str, ...]] = ()
    command: ClassVar[str] = ""
    eight_bits: ClassVar[bool] = False

    @abstractmethod
    def compile(self, core: Core, examples: Sequence[Tensor], cache: Cache) -> Run:
        """Make a core ready to run.

        Args:
            core: in evaluation mode, on the CPU; in 8 bits if `core.quantised` is there and the engine has it.
            examples: one row of each of its tensors; all that come later have these shapes.
            cache: where what was compiled is kept for the next start.
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
                f"The backend {cls.title} needs a library that is not installed: say {cls.command!r}, or leave "
                "--backend at auto."
            )


class CompilingEngine(Engine):
    """An engine whose compiled form of a core is bytes, which a cache keeps."""

    def compile(self, core: Core, examples: Sequence[Tensor], cache: Cache) -> Run:
        """See `Engine.compile`."""
        name = self.cached_as(core, examples)
        if data := cache.read(name):
            with contextlib.suppress(Exception):  # made by another version or for another machine after all
                return self.load(data)
        data = self.build(core, examples)
        cache.write(name, data)
        return self.load(data)

    def cached_as(self, core: Core, examples: Sequence[Tensor]) -> str:
        """Name in a cache; whatever shapes what `build` gives changes it."""
        versions = [_version(name) for name in self.modules]
        return core.fingerprint(self.title, *versions, *(tuple(tensor.shape) for tensor in examples))

    @abstractmethod
    def build(self, core: Core, examples: Sequence[Tensor]) -> bytes:
        """Compile."""

    @abstractmethod
    def load(self, data: bytes) -> Run:
        """Make ready to run, on as many threads as torch uses, what `build` gave.

        Raises:
            Exception: of any kind, if these bytes are of no use here.
        """


def _version(module: str) -> str:
    try:
        return metadata.version(module)
    except metadata.PackageNotFoundError:  # installed under another name, such as onnxruntime-gpu
        return str(getattr(importlib.import_module(module), "__version__", "unknown"))


engines: Registry[Engine] = Registry("backend", "unweave.engines")
