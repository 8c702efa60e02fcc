"""Saving a run from beside it, while a step that takes minutes is still going on.

A step changes the weights at its very end. Until then what the last step left is all there, but for what the forward
pass moves: running statistics, random states, the place among the clips. Those are remembered before each step, and so
a thread of its own can write the checkpoint of the last step without waiting for this one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from torch import Tensor, nn

from unweave.training.checkpoint import LAST
from unweave.training.machine import Machine

LONG = 1.0  # s; a step that takes less is waited for
PATIENCE = 4.0  # s after the first signal until a step is given up; writing the checkpoint takes some of the 10 s


class Save(Protocol):
    """Writes a checkpoint."""

    def __call__(
        self, tasks: list[Any], random: list[Any], files: list[str], buffers: dict[str, Tensor] | None = None
    ) -> None:
        """`buffers` are what stands in for those of the net that have moved since."""


class Rescue:
    """What a checkpoint of the last step needs beside the weights.

    Several processes make steps together and can only be saved together, between two of them: then nothing is done.

    Args:
        net: that learns.
        task: where the task is, as plain data and tensors.
        machine: whose random states are kept.
        save: writes the checkpoint.
    """

    def __init__(self, net: nn.Module, task: Callable[[], dict[str, Any]], machine: Machine, save: Save) -> None:
        self._net, self._task, self._machine, self._save = net, task, machine, save
        self._still = threading.RLock()  # held while weights change or a checkpoint is written
        self._before: tuple[dict[str, Any], dict[str, Any], dict[str, Tensor]] | None = None

    def remember(self, long: bool) -> None:
        """Between two steps: all that the next piece of work moves before its end.

        Args:
            long: whether it may take longer than one cares to wait for; else nothing is remembered.
        """
        self._before = None
        if long and self._machine.world == 1:
            moving = [part for part in self._net.modules() if isinstance(part, nn.modules.batchnorm._NormBase)]
            ours = {id(buffer) for part in moving for buffer in part.buffers(recurse=False)}
            buffers = {name: one.detach().clone() for name, one in self._net.named_buffers() if id(one) in ours}
            self._before = self._task(), self._machine.random_state(), buffers

    @contextmanager
    def changing(self) -> Iterator[None]:
        """While weights change or a checkpoint is written, nobody else may save."""
        with self._still:
            self._before = None
            yield

    def save(self, end: Callable[[], None]) -> None:
        """Write the checkpoint of the last step, from another thread, and then `end` the process.

        Does neither where the run is between two steps, or is just changing: it ends by itself then.
        """
        with self._still:
            if self._before is None:
                return
            task, random, buffers = self._before
            try:
                self._save([task], [random], [LAST], buffers)
            finally:
                end()
