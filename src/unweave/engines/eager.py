"""PyTorch by itself."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from unweave.engines.base import Engine, Run, engines
from unweave.engines.cache import Cache
from unweave.engines.trunk import Trunk


@engines.register("eager")
class Eager(Engine):
    """PyTorch without any compiling: always there, ready at once, and always in float32."""

    title = "eager"

    def compile(self, trunk: Trunk, examples: Sequence[Tensor], cache: Cache) -> Run:
        """See `Engine.compile`."""
        return trunk.quick
