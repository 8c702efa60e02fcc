"""Where a run happens: device, precision and processes, through Lightning Fabric."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal, TypeVar, cast

import torch

from unweave.allocator import keep_memory
from unweave.errors import UnweaveError
from unweave.pretrained.device import pick_device
from unweave.training.halves import bfloat16_is_quicker

T = TypeVar("T")
PRECISIONS: dict[str, Literal["16-mixed", "bf16-mixed"] | None] = {
    "32": None,
    "16-mixed": "16-mixed",
    "bf16-mixed": "bf16-mixed",
    "bf16": "bf16-mixed",
}
PATIENCE = timedelta(hours=12)  # of processes that wait for the first one, which validates


def processes() -> tuple[int, int]:
    """(rank, number) of the processes that torchrun started; (0, 1) without it."""
    try:
        rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    except ValueError as error:
        raise UnweaveError(f"RANK and WORLD_SIZE of the environment must be numbers: {error}.") from error
    return (rank, world) if world > 1 else (0, 1)


def leave() -> None:
    """End the ties to other processes, if there are any: their threads must not outlive the interpreter."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


class Machine:
    """The device of this process and its ties to the others.

    Args:
        device: auto, cpu, cuda or mps. Under torchrun each process of a computer takes a device of its own.
        precision: a key of `PRECISIONS`, or "auto". The weights stay in 32 bits.

    Attributes:
        fabric: Lightning's Fabric, launched.
        rank, world: of this process, and how many there are.

    Raises:
        UnweaveError: Fabric is not installed, or there is no such device.
    """

    def __init__(self, device: str, precision: str) -> None:
        try:
            from lightning_fabric import Fabric
            from lightning_fabric.plugins.environments.lightning import LightningEnvironment
            from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
            from lightning_fabric.plugins.precision import MixedPrecision, Precision
            from lightning_fabric.strategies.ddp import DDPStrategy
        except ImportError as error:
            raise UnweaveError("Training needs Lightning Fabric; pip install 'unweave[train]'.") from error

        class Mixed(MixedPrecision):
            """Autocast alone. Fabric's would also round what goes into the net, and a waveform must not be."""

            def convert_input(self, data: Any) -> Any:
                return data

        kind = pick_device(device)
        if kind.type == "cpu":
            keep_memory()
        self.rank, self.world = processes()
        if precision == "auto":
            precision = "bf16" if bfloat16_is_quicker(kind) else "32"
        mixed = PRECISIONS[precision]
        plugins: list[Any] = [Precision() if mixed is None else Mixed(mixed, kind.type)]
        how: dict[str, Any] = {"devices": 1 if kind.index is None else [kind.index]}
        if self.world > 1:
            local = int(os.environ.get("LOCAL_WORLD_SIZE", self.world))
            if kind.type == "mps" or (kind.type == "cuda" and torch.cuda.device_count() < local):
                raise UnweaveError(
                    f"{local} processes on this computer need {local} CUDA devices, or the setting device=cpu; it has "
                    f"{torch.cuda.device_count()}."
                )
            # Which parameters get a gradient depends on what the condition takes from the tagger.
            how = {
                "devices": local,
                "num_nodes": self.world // local,
                "strategy": DDPStrategy(find_unused_parameters=True, timeout=PATIENCE),
            }
        # Said outright, so that Fabric does not guess from the variables of a cluster that we may be on by chance.
        environment = TorchElasticEnvironment() if self.world > 1 else LightningEnvironment()
        self.fabric = Fabric(accelerator=kind.type, plugins=[*plugins, environment], **how)
        self.fabric.launch()
        self.device: torch.device = self.fabric.device

    @property
    def scale(self) -> float | None:
        """What losses are multiplied with so that half precision can hold their gradients; None without that."""
        scaler = getattr(self.fabric.strategy.precision, "scaler", None)
        return None if scaler is None else float(scaler.get_scale())

    def first(self, work: Callable[[], T]) -> T:
        """Let the first process do some work while the others wait; all get its result, or its error."""
        if self.world == 1:
            return work()
        result: tuple[T | None, str | None] = (None, None)
        if self.rank == 0:
            try:
                result = work(), None
            except UnweaveError as error:
                result = None, str(error)
        value, said = self.fabric.broadcast(result)
        if said is not None:
            raise UnweaveError(said)
        return cast(T, value)

    def gather(self, value: T) -> list[T]:
        """What each process has, in order."""
        if self.world == 1:
            return [value]
        values: list[Any] = [None] * self.world
        torch.distributed.all_gather_object(values, value)
        return values

    def anywhere(self, *flags: bool) -> list[bool]:
        """Whether each of `flags` is set in any process."""
        if self.world == 1:
            return list(flags)
        raised = torch.tensor([float(flag) for flag in flags], device=self.device)
        torch.distributed.all_reduce(raised, torch.distributed.ReduceOp.MAX)
        return [value > 0 for value in raised.tolist()]

    def random_state(self) -> dict[str, Any]:
        """States of the generators that nets and tasks may draw from unasked: Python's, torch's, the device's."""
        state: dict[str, Any] = {"python": random.getstate(), "torch": torch.get_rng_state()}
        if self.device.type == "cuda":
            state["device"] = torch.cuda.get_rng_state(self.device)
        elif self.device.type == "mps":
            state["device"] = torch.mps.get_rng_state()
        return state

    def set_random_state(self, state: dict[str, Any]) -> None:
        """Go on from `random_state()`; that of another kind of device is passed over."""
        random.setstate(state["python"])
        torch.set_rng_state(state["torch"])
        if "device" in state and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["device"], self.device)
        elif "device" in state and self.device.type == "mps":
            torch.mps.set_rng_state(state["device"])
