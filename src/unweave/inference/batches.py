"""How many rows the networks work on at once: on a CPU one for each core, on a GPU as many as its memory takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import torch

from unweave.errors import UnweaveError
from unweave.inference.cores import Cores, Work
from unweave.networks import Networks
from unweave.waiting import waits_briefly

DEFAULT = 8
MOST_ROWS = 256  # that a GPU is given at once; more make nothing faster
SHARE = 0.6  # of a GPU's free memory that rows may fill: what they need is an estimate


class Batches:
    """Runs work over rows, in inference mode and in the model's precision; a context manager.

    Args:
        model: whose networks work; its device says how.
        rows: at once, held in memory together; None for 8 on a CPU, and on a CUDA device what its memory takes.
    """

    def __init__(self, model: Networks, rows: int | None = None) -> None:
        self.device, self.precision = model.device, model.precision
        self.size = rows or (_rows_for(model) if self.device.type == "cuda" else DEFAULT)
        self.cores = Cores()

    def __enter__(self) -> Batches:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cores.__exit__(kind, error, trace)

    def run(self, work: Work, rows: int, per_core: int) -> None:
        """Call `work(start, end)` until 0 to `rows` are done; where memory runs out, with half as many rows at a time.

        Args:
            work: does rows start to end and puts the results where they belong; it may be called from several
                threads, and again for rows that it could not finish.
            rows: how many there are.
            per_core: rows that a core of a CPU takes at once, fewer where some core would get none; 0 for work that
                spreads over the cores by itself.

        Raises:
            UnweaveError: there is too little memory for a single row.
        """
        if self.device.type == "cpu" and per_core:
            # Not by the load of the machine: a row that was shared out differs in its last bits.
            layered = waits_briefly()
            each = max(1, min(per_core, -(-rows // self.cores.workers)))
            self.cores.run(lambda start, end: self._call(work, start, end), rows, each, layered)
            return
        start = 0
        while start < rows:
            end = min(start + self.size, rows)
            if self._fits(work, start, end):
                start = end
            elif end - start > 1:
                self.size = (end - start) // 2
            else:
                raise UnweaveError(
                    f"There is too little memory on {self.device} for a single segment; free some, or choose "
                    "--device cpu."
                )

    def _fits(self, work: Work, start: int, end: int) -> bool:
        """Do it; False if memory ran out. The error, which holds on to that memory, is gone when this returns."""
        try:
            self._call(work, start, end)
            return True
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        return False

    def _call(self, work: Work, start: int, end: int) -> None:
        with computing(self.device, self.precision):
            work(start, end)


def rows_that_fit(free: int, used: int, rows: int) -> int:
    """How many rows a memory of `free` bytes takes, if `rows` of them used `used` bytes."""
    return max(1, min(MOST_ROWS, int(SHARE * free / max(used / rows, 1))))


def _rows_for(model: Networks, rows: int = 2) -> int:
    """Separate a little of something on the CUDA device and see what it takes."""
    device = model.device
    samples = round(model.settings.segment_seconds * model.sample_rate)
    torch.cuda.empty_cache()
    with computing(device, model.precision):
        mixture = torch.full((rows, samples), 0.1, dtype=torch.float32, device=device)
        condition = torch.zeros(rows, model.separator.condition_dim, dtype=torch.float32, device=device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        model.separator.decode(model.separator.encode(mixture), condition)
        used = torch.cuda.max_memory_allocated(device) - before
    torch.cuda.empty_cache()
    return rows_that_fit(torch.cuda.mem_get_info(device)[0], used, rows)


@contextmanager
def computing(device: torch.device, precision: torch.dtype) -> Iterator[None]:
    """Nothing is recorded for a backward pass, and layers that may compute in half precision do."""
    half = precision != torch.float32
    # Where whoever calls us computes in half precision, that is not meant for us.
    with torch.inference_mode(), torch.autocast(device.type, precision if half else None, enabled=half):
        yield


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether it was too little memory that an error came of."""
    # MPS and the libraries of CUDA have no type of their own for it.
    text = str(error).lower()
    return isinstance(error, torch.cuda.OutOfMemoryError) or "out of memory" in text or "alloc_failed" in text
