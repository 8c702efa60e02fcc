"""Energy of sounds: how loud, made equal, and where there is nothing. For numpy arrays and torch tensors alike."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from unweave.errors import UnweaveError

Array = TypeVar("Array", bound=Any)


def energy(x: Array) -> Array:
    """Sum of squares over the last axis (section III-B of the paper: E = ||s||^2).

    Shape:
        (..., T) -> (...)
    """
    return (x * x).sum(-1)  # type: ignore[no-any-return]


def rms_db(x: Array, floor_db: float = -120.0) -> Array:
    """Root mean square level over the last axis, in dB of full scale (a sine of amplitude 1 has -3 dB).

    Args:
        x: full scale at 1.
        floor_db: the level of silence, and of anything below it.

    Shape:
        (..., T) -> (...)
    """
    power = (x * x).mean(-1).clip(min=10.0 ** (floor_db / 10.0))
    return 10.0 * (power.log10() if hasattr(power, "log10") else np.log10(power))  # type: ignore[no-any-return]


def match_energy(a: Array, b: Array, limit: float | None = None) -> Array:
    """`b` scaled to the energy of `a`: b * sqrt(E_a / E_b) (the mixing of the paper, Section 3.6).

    A silent `b` comes back as it is, because no factor gives it the energy of another sound.

    Args:
        a: the sound that stays.
        b: the sound that is scaled.
        limit: largest factor, at least 1, and the inverse of the smallest one; None for no limit.

    Shape:
        a (..., T), b (..., T) -> (..., T)
    """
    energy_a, energy_b = energy(a), energy(b)
    silent = energy_b == 0
    factor = (energy_a / (energy_b + silent)) ** 0.5
    factor = factor * ~silent + silent
    if limit is not None:
        factor = factor.clip(1.0 / limit, limit)
    return b * factor[..., None]  # type: ignore[no-any-return]


def trim_silence(
    x: npt.NDArray[Any],
    sample_rate: int,
    *,
    frame_seconds: float = 0.1,
    below_loudest_db: float = 40.0,
    floor_db: float = -70.0,
) -> npt.NDArray[Any]:
    """An example sound without its silent stretches, at the ends and inside.

    Args:
        x: full scale at 1.
        sample_rate: in Hz.
        frame_seconds: the sound is judged in frames of this length; the last one may be shorter.
        below_loudest_db: frames further than this below the loudest one are cut.
        floor_db: frames below this level (dB of full scale) are cut in any case.

    Shape:
        x (C, T) -> (C, T'), T' <= T; T' is 0 if all of it is silent

    Raises:
        UnweaveError: a frame without a sample.
    """
    frame = round(frame_seconds * sample_rate)
    if frame < 1:
        raise UnweaveError(f"Frames of {frame_seconds} s hold no sample at {sample_rate} Hz; make them longer.")
    if x.shape[1] == 0:
        return x
    starts = np.arange(0, x.shape[1], frame)
    sums = np.add.reduceat(np.mean(np.square(x, dtype=np.float64), axis=0), starts)
    sizes = np.diff(np.append(starts, x.shape[1]))
    levels = 10.0 * np.log10(np.maximum(sums / sizes, 1e-20))
    keep = levels >= max(floor_db, float(levels.max()) - below_loudest_db)
    return x[:, np.repeat(keep, sizes)]
