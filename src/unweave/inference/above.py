"""What lies above the band that a model hears is shared out as the top of that band is.

A model works at one rate, and of a recording of a higher one it returns nothing above half of its own. Let X be the
recording, L what comes back of it through the model's rate, S_u a track and H = X - L what the model never hears. In
frames of 20 ms, channel by channel,

    S'_u = S_u + g_u H        g_u = sum Re(S_u L*) / sum |L|^2 over the bins of the upper half of the model's band

within 0 and 1, and of the tracks of one set together at most 1; between the middles of frames g_u goes in a straight
line. A track that is all of L becomes all of X, a silent one stays silent. `benchmarks/above.py` measures it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from unweave.inference.cores import Cores, Work
from unweave.inference.recording import Samples

FRAME_SECONDS = 0.02
BAND = (0.5, 0.9)  # of the model's band: above, the filters of the resampler lie
TINY = 1e-12


class Above:
    """A stream of tracks in, the same tracks with what lies above out; what is held is shorter than a frame or two.

    Args:
        sample_rate: of the recording, in Hz.
        model_rate: in Hz, the lower one.
        sets: the numbers of the tracks of each set; one that is there twice counts twice.
        cores: share out the tracks; None to work where `push` is called.
    """

    def __init__(
        self, sample_rate: int, model_rate: int, sets: Sequence[Sequence[int]], cores: Cores | None = None
    ) -> None:
        self._hop = max(8, round(FRAME_SECONDS * sample_rate))
        self._window = np.hanning(self._hop).astype(np.float32)
        first, last = (max(1, round(share * model_rate / 2 * self._hop / sample_rate)) for share in BAND)
        self._bins = slice(first, max(first + 1, last))
        self._sets = [list(own) for own in sets if own]
        self._cores = cores
        self._held: list[Samples] | None = None  # recording, L and tracks from the middle of the last frame on
        self._gain: NDArray[np.float32] | None = None  # of the last frame, (U, C)

    def push(self, mixture: Samples, low: Samples, tracks: Sequence[Samples], last: bool = False) -> list[Samples]:
        """Take the next samples and give what is ready.

        Args:
            mixture: X.
            low: L.
            tracks: S_u, not written to.
            last: nothing follows.

        Shape:
            (C, n), (C, n), each (C, n) -> the recording and the tracks, (C, m) each
        """
        new = [mixture, low, *tracks]
        held = new if self._held is None else [np.concatenate(two, axis=1) for two in zip(self._held, new, strict=True)]
        samples, half = held[0].shape[1], self._hop // 2
        # What is held begins with the recording, or in the middle of a frame of which the gain is known.
        begin = 0 if self._gain is None else self._hop - half
        count = max(0, samples - begin) // self._hop
        whole = begin + count * self._hop
        if last and (samples > whole or not count):  # the end is a frame too, if a short one
            held = [np.pad(one, ((0, 0), (0, self._hop - (samples - whole)))) for one in held]
            count += 1
        gains = self._gains([one[:, begin : begin + count * self._hop] for one in held[1:]], count)
        if self._gain is not None:
            gains = np.concatenate([self._gain[None], gains])
        if not len(gains):
            self._held = held
            return [one[:, :0] for one in (held[0], *held[2:])]
        middles = np.arange(len(gains)) * self._hop + (0 if self._gain is not None else half)
        ready = samples if last else int(middles[-1])
        self._held, self._gain = [one[:, ready:samples].copy() for one in held], gains[-1]
        return [held[0][:, :ready], *self._lifted([one[:, :ready] for one in held], gains, middles)]

    def _gains(self, parts: Sequence[Samples], count: int) -> NDArray[np.float32]:
        """Of every track in each of `count` frames; L comes first: each (C, count * hop) -> (count, U, C)."""
        low, *tracks = parts
        gains = np.zeros((count, len(tracks), len(low)), np.float32)
        if not count or not low.any():
            return gains
        there = self._spectrum(low, count)
        own = np.square(np.abs(there)).sum(axis=2) + TINY  # (C, count)

        def compare(first: int, last: int) -> None:
            for u in range(first, last):
                if tracks[u].any():
                    spectrum = self._spectrum(tracks[u], count)
                    gains[:, u] = ((spectrum * there.conj()).real.sum(axis=2) / own).T.clip(0, 1)

        self._share_out(compare, len(tracks))
        for members in self._sets:
            gains[:, sorted(set(members))] /= np.maximum(gains[:, members].sum(axis=1, keepdims=True), 1)
        return gains

    def _spectrum(self, wave: Samples, count: int) -> NDArray[np.complexfloating]:
        frames = wave.reshape(len(wave), count, self._hop) * self._window
        with torch.inference_mode():  # whose library is several times as fast as numpy's
            spectrum: NDArray[np.complexfloating] = torch.fft.rfft(torch.from_numpy(frames))[:, :, self._bins].numpy()
        return spectrum

    def _lifted(self, held: Sequence[Samples], gains: NDArray[np.float32], middles: NDArray[np.intp]) -> list[Samples]:
        mixture, low, *tracks = held
        above, first = mixture - low, int(middles[0])
        rise = np.arange(self._hop, dtype=np.float32) / np.float32(self._hop)

        def lift(begin: int, end: int) -> None:
            for u in range(begin, end):
                own = gains[:, u].T  # (C, frames)
                if not own.any():
                    continue
                curve = np.empty_like(above)
                curve[:, :first], last = own[:, :1], first + (len(middles) - 1) * self._hop
                ways = own[:, :-1, None] + np.diff(own)[:, :, None] * rise  # from the middle of a frame to the next
                curve[:, first:last] = ways.reshape(len(own), -1)[:, : curve.shape[1] - first]
                curve[:, last:] = own[:, -1:]
                curve *= above
                curve += tracks[u]
                tracks[u] = curve

        self._share_out(lift, len(tracks))
        return tracks

    def _share_out(self, work: Work, count: int) -> None:
        if self._cores is None:
            work(0, count)
        else:
            self._cores.run(work, count)
