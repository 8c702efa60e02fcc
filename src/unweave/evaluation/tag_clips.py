"""What a tagger says about whole clips, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unweave.data.store import Store

LONGEST = 60.0  # s that are heard at once
TOGETHER = 160.0  # s of clips in a batch


@torch.no_grad()
def tag_clips(
    net: nn.Module,
    store: Store,
    rows: NDArray[np.int64],
    classes: int,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """Probabilities of the classes in whole clips.

    Clips are put together only with clips of the same length, since silence behind a short one would change what is
    heard. One that is longer than a minute is heard in pieces, the last of which ends with it; its loudest say counts.

    Args:
        net: from waveforms (B, T) to probabilities (B, K); put into evaluation mode meanwhile.
        store: the clips.
        rows: which of them, (N,).
        classes: K.
        progress: told of clips done and clips in all.

    Shape:
        -> (N, K)
    """
    device = next((parameter.device for parameter in net.parameters()), torch.device("cpu"))
    out = np.zeros((len(rows), classes), np.float32)
    was_training = net.training
    net.eval()
    try:
        done = 0
        for places, length in _batches(store, rows):
            waves = np.stack([store.read(int(rows[place]), 0, length) for place in places])
            out[places] = _tag(net, torch.from_numpy(waves).to(device), round(LONGEST * store.sample_rate))
            done += len(places)
            if progress:
                progress(done, len(rows))
    finally:
        net.train(was_training)
    return out


def _batches(store: Store, rows: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], int]]:
    """Places in `rows` of clips of the same length, and that length."""
    lengths = np.maximum(store.lengths[rows], 1)
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        size = max(1, int(TOGETHER * store.sample_rate / length))
        for first in range(0, len(places), size):
            yield places[first : first + size], length


def _tag(net: nn.Module, waves: Tensor, longest: int) -> NDArray[np.float32]:
    length = waves.shape[1]
    starts = [*range(0, max(length - longest, 0), longest), max(length - longest, 0)]
    pieces = torch.stack([net(waves[:, start : start + longest]) for start in starts])
    result: NDArray[np.float32] = pieces.amax(dim=0).float().cpu().numpy()
    return result
