"""Masks on the complex spectrogram."""

from __future__ import annotations

import torch
from torch import Tensor


def magnitude_phase_mask(spectrogram: Tensor, logits: Tensor) -> Tensor:
    r"""Scale and turn each bin of a mixture: the complex ideal ratio mask of the paper (Section 3.5).

    The network gives three maps a, r, i for each bin of the mixture X:

        |M|     = sigmoid(a)                              how much of the bin is the source's
        angle M = angle(tanh(r) + j tanh(i))              how far its phase is from the mixture's
        S       = |M| |X| exp(j (angle M + angle X))

    With X = |X| exp(j angle X) that is S = X |M| (tanh(r) + j tanh(i)) / |tanh(r) + j tanh(i)|, which needs no angle.
    Where r = i = 0 there is no direction to turn to, and the bin is silent.

    Shape:
        spectrogram (B, N, F) complex, logits (B, 3, N, F) -> (B, N, F) complex
    """
    return spectrogram * torch.complex(*magnitude_phase_gain(logits))


def magnitude_phase_gain(logits: Tensor) -> tuple[Tensor, Tensor]:
    """The mask itself, its real and its imaginary part: (B, 3, ...) -> (B, ...) each."""
    logits = logits.float()  # complex numbers have no half precision
    magnitude = torch.sigmoid(logits[:, 0])
    real, imaginary = torch.tanh(logits[:, 1]), torch.tanh(logits[:, 2])
    # The floor, far below what a trained network gives, keeps the gradient finite at r = i = 0.
    length = (real.square() + imaginary.square()).clamp(min=1e-16).sqrt()
    gain = magnitude / length
    return gain * real, gain * imaginary
