"""From the file of a clip to what a store keeps of it: mono, int16, at one sample rate.

Decoding is done by several processes if asked, and the clips come in their order all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unweave.audio.io import open_audio
from unweave.audio.resampling import resample
from unweave.data.shards import FULL_SCALE
from unweave.errors import UnweaveError
from unweave.processes import in_order

BLOCK = 1 << 18
AHEAD = 4  # clips for each process that are decoded before they are written


@dataclass
class Decoded:
    """What became of a file.

    Attributes:
        samples: (T,) int16; none if it is left out.
        rate: of the file, in Hz.
        fault: a sentence that says why it is left out, "" if it is not.
    """

    samples: NDArray[np.int16]
    rate: int = 0
    fault: str = ""


def decode(path: Path, sample_rate: int) -> Decoded:
    """Read a file: the mean of its channels, at `sample_rate`, scaled down if it passes full scale."""
    nothing = np.zeros(0, np.int16)
    try:
        with open_audio(path) as reader:
            # channel by channel away at once, so that a long recording fits
            mono = np.concatenate([block.mean(0) for block in reader.blocks(BLOCK)])
    except UnweaveError as error:
        return Decoded(nothing, fault=str(error))
    except (OSError, MemoryError) as error:
        return Decoded(nothing, fault=f"{path} cannot be read: {error}.")
    if reader.non_finite:
        return Decoded(nothing, fault=f"{path} holds {reader.non_finite} samples that are no numbers.")
    mono = resample(mono[None], reader.sample_rate, sample_rate)[0]
    mono = mono / max(1.0, float(np.abs(mono).max()))
    samples = np.round(mono * FULL_SCALE).astype(np.int16)
    if not samples.any():
        return Decoded(nothing, fault=f"{path} is silent from its start to its end.")
    return Decoded(samples, reader.sample_rate)


def decode_all(paths: Iterable[Path], sample_rate: int, workers: int = 0) -> Iterator[Decoded]:
    """What `decode` gives for each file, in their order.

    Args:
        paths: the files.
        sample_rate: in Hz.
        workers: processes that decode; 0 for this one alone.

    Raises:
        UnweaveError: a process died.
    """
    if workers < 1:
        yield from (decode(path, sample_rate) for path in paths)
        return
    died = "A process that decodes sound died, perhaps for want of memory. Run the same again, with fewer workers."
    yield from in_order(partial(decode, sample_rate=sample_rate), paths, workers, AHEAD, died)
