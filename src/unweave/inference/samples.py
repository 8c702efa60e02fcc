"""Arrays of other programs as samples: what full scale is follows from their type, what is no sound is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unweave.audio.decoder import HIGHEST_RATE, LOWEST_RATE
from unweave.errors import UnweaveError

Samples = NDArray[np.float32]
MOST_CHANNELS = 64
_SURELY_CHANNELS = 8  # more than these beside fewer samples are samples themselves
# Full scale and silence of whole numbers, as sound files and devices hold them.
_SCALES = {np.dtype("i1"): (128, 0), np.dtype("u1"): (128, 128), np.dtype("i2"): (2**15, 0), np.dtype("i4"): (2**31, 0)}


def samples_of(audio: Any) -> Samples:
    """Samples (C, T) at full scale 1.0, from an array or a tensor (C, T) or (T,).

    Floating point is taken as it is; int8, uint8, int16 and int32 are brought to full scale 1.0.

    Raises:
        UnweaveError: no samples, of another type, or with channels and time swapped.
    """
    array = _array(audio)
    array = array[None] if array.ndim == 1 else array
    if array.ndim == 2 and array.shape[1] <= MOST_CHANNELS and array.shape[0] > max(_SURELY_CHANNELS, array.shape[1]):
        raise UnweaveError(
            f"Samples are (C, T) with at most {MOST_CHANNELS} channels; {array.shape} looks like (T, C): give audio.T."
        )
    if array.ndim != 2 or array.shape[1] == 0 or not 1 <= len(array) <= MOST_CHANNELS:
        raise UnweaveError(f"Samples are (C, T) or (T,) with at most {MOST_CHANNELS} channels, not {np.shape(audio)}.")
    kind = array.dtype.newbyteorder("=")
    if kind in _SCALES:
        full, silence = _SCALES[kind]
        return ((array.astype(np.float64) - silence) / full).astype(np.float32)
    if kind.kind != "f":
        raise UnweaveError(
            f"Samples are floating point with full scale 1.0, or int16, int32, int8 or uint8, not {array.dtype}; "
            "divide them by their full scale."
        )
    with np.errstate(over="ignore"):  # what lies beyond all numbers is no sound, and is silence later on
        return array.astype(np.float32, copy=False)


def rate_of(sample_rate: Any) -> int:
    """A sample rate in Hz, a whole number.

    Raises:
        UnweaveError: none was given, or none that recordings have.
    """
    try:
        rate = int(sample_rate)
        whole = not isinstance(sample_rate, (bool, str, bytes)) and rate == sample_rate
    except (TypeError, ValueError, OverflowError):
        whole, rate = False, 0
    if not whole:
        raise UnweaveError(f"Samples need their sample_rate in Hz, a whole number; {ascii(sample_rate)[:60]} is none.")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UnweaveError(f"A sample_rate lies between {LOWEST_RATE} Hz and {HIGHEST_RATE:,} Hz; {rate} does not.")
    return rate


def _array(audio: Any) -> NDArray[Any]:
    try:
        if hasattr(audio, "detach"):  # a tensor of torch, which NumPy does not know in every precision
            audio = audio.detach().cpu().resolve_conj()
            audio = (audio.float() if audio.is_floating_point() else audio).numpy()
        array = np.asarray(audio)
        if array.dtype.kind == "O":
            array = array.astype(np.float32)  # a list of numbers of several kinds
    except Exception as error:  # whatever an object of another library does when it is asked for its numbers
        raise UnweaveError(f"Audio is a path, an open file or samples (C, T), not {type(audio).__name__}.") from error
    return array
