"""Tracks of one set share what is there: in no bin do they add up to more than the recording.

A separator is asked for one sound at a time and knows nothing of the others that are asked for. Where two of them are
alike, each answer holds both, and what is left of the recording holds them once more, upside down. In a bin X of the
recording in which the tracks S_u say more than there is,

    S'_u = w_u S_u        w_u = min(1, |X| |S_u| / sum_v |S_v|^2)

so that shares are as the energies that the tracks say, as in a Wiener filter. Where phases are so far from the
recording's that what is left would still be louder than X, all S'_u shrink by one factor until it is not. Where the
tracks say no more than there is, they stay as they are.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.audio.stft import Stft
from unweave.inference.cores import Cores

Samples = NDArray[np.float32]
Shared = dict[tuple[int, int, int], Samples]

WINDOW_SECONDS = 0.064
TINY = 1e-12
AT_ONCE = 100_000  # bins of all tracks: what is made of them on the way stays in the cache of a core
NEARLY = 1 - 1e-3  # gains above are as good as 1: the transform's rounding


def share_out(
    segments: Samples,
    decoded: Mapping[tuple[int, int], Samples],
    sets: Sequence[Sequence[int]],
    sample_rate: int,
    cores: Cores,
) -> Shared:
    """What is left to each track of each set.

    Args:
        segments: n of them, (n, C, T).
        decoded: by (segment, answer), (C, T) each; not written to.
        sets: the answers of each set; one that is there twice stands for two tracks.
        sample_rate: in Hz.
        cores: share out the work.

    Returns:
        By (set, segment, answer) what differs from `decoded`.
    """
    work = [
        (number, i, there)
        for number, members in enumerate(sets)
        for i in range(len(segments))
        if len(there := [u for u in members if (i, u) in decoded]) > 1
    ]
    shared: Shared = {}

    def run(start: int, end: int) -> None:
        for number, i, there in work[start:end]:
            sources = share(segments[i], [decoded[i, u] for u in there], sample_rate)
            for u, source in zip(there, sources, strict=True):
                shared[number, i, u] = source

    cores.run(run, len(work))
    return shared


def share(mixture: Samples, sources: Sequence[Samples], sample_rate: int) -> list[Samples]:
    """The sources of a segment, so that together they hold no more than there is.

    Args:
        mixture: the segment.
        sources: what was taken out of it, each by itself; they are not written to.
        sample_rate: in Hz.

    Shape:
        (C, T), each (C, T) -> each (C, T)
    """
    if len(sources) < 2:
        return list(sources)
    channels, samples = mixture.shape
    stft = _stft(sample_rate)
    with torch.inference_mode():
        # Frames first, as they lie in memory: sums would lay them out anew.
        heard = stft(torch.from_numpy(mixture)).transpose(1, 2)  # (C, F, N)
        taken = stft(torch.from_numpy(np.concatenate(sources))).transpose(1, 2)
        taken = taken.reshape(len(sources), channels, *taken.shape[1:])
        frames = max(1, AT_ONCE // (len(sources) * taken.shape[3]))
        parts = [(c, slice(i, i + frames)) for c in range(channels) for i in range(0, taken.shape[2], frames)]
        if not any([_keep_surplus(heard[c, here], taken[:, c, here]) for c, here in parts]):
            return list(sources)
        surplus = stft.inverse(taken.flatten(0, 1).transpose(1, 2), samples).reshape(len(sources), channels, samples)
        return [source - own.numpy() for source, own in zip(sources, surplus, strict=True)]


def _keep_surplus(heard: Tensor, taken: Tensor) -> bool:
    """Of each track, in place, what it is to lose; whether that is anything: (F, N), (U, F, N) complex."""
    own = torch.view_as_real(taken)
    # Apart, so that each number is read where it lies beside the next one, and once.
    x, y, real, imaginary = (part.contiguous() for z in (heard, taken) for part in torch.view_as_real(z).unbind(-1))
    gain = _gain(x, y, real, imaginary)
    changed = not bool((gain > NEARLY).all())
    left = torch.sub(1, gain, out=gain)
    torch.mul(real, left, out=own[..., 0])
    torch.mul(imaginary, left, out=own[..., 1])
    return changed


def _gain(x: Tensor, y: Tensor, real: Tensor, imaginary: Tensor) -> Tensor:
    """What each bin of each track is multiplied by, in [0, 1].

    Shape:
        x + jy of the recording (F, N), of the tracks (U, F, N) -> (U, F, N)
    """
    there = x.square().add_(y.square()).sqrt_()
    energies = real.square().add_(imaginary.square())
    said = energies.sqrt()
    total, sums = energies.sum(0).clamp_(min=TINY), said.sum(0)
    shares = said.mul_(there).div_(total).clamp_(max=1)
    gain = torch.where(sums > there, shares, 1.0)
    u, v = (torch.mul(part, gain, out=energies).sum(0) for part in (real, imaginary))
    # |X - a T| <= |X| for all a up to 2 Re(T X*) / |T|^2
    size = u.square().add_(v.square())
    most = u.mul_(x).add_(v.mul_(y)).mul_(2).div_(size.clamp(min=TINY))
    return gain.mul_(torch.where(size > TINY * TINY, most.clamp_(0, 1), 1.0))


@functools.lru_cache(maxsize=4)
def _stft(sample_rate: int) -> Stft:
    window = 4 * max(1, round(WINDOW_SECONDS * sample_rate / 4))
    return Stft(window, window // 4)
