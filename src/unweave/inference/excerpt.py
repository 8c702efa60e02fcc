"""A stretch of a recording, kept while the recording is heard: what it sounds like, wherever else that is."""

from __future__ import annotations

import numpy as np
import torch

from unweave.audio.times import format_time
from unweave.errors import UnweaveError
from unweave.inference.batches import Batches
from unweave.inference.hierarchy import Probabilities
from unweave.inference.query import LONGEST_SECONDS, SHORTEST_SECONDS, heard_segments, sound_segments
from unweave.inference.recording import Samples
from unweave.inference.tagging import downmix
from unweave.networks import Networks


class Excerpt:
    """Give `hear` the recording's blocks in order; then ask what the stretch is like.

    What is kept is bounded: a stretch without an end in hours of recording needs no more than its first 10 minutes.

    Args:
        sample_rate: of the recording, in Hz.
        start: in s.
        end: in s; None for the end of the recording.
        samples: of the recording, or None if they are not known before the end.
        origin: the sample at which the recording begins in the one whose times are meant, if it is a part of it.

    Raises:
        UnweaveError: the recording ends before the stretch begins, or begins after the stretch does.
    """

    def __init__(
        self, sample_rate: int, start: float, end: float | None, samples: int | None = None, origin: int = 0
    ) -> None:
        self.sample_rate = sample_rate
        self._origin = origin
        self._first = round(start * sample_rate) - origin
        self._last = None if end is None else round(end * sample_rate) - origin
        self._most = self._first + round(LONGEST_SECONDS * sample_rate)
        self._place = 0
        self._held: list[Samples] = []
        self._held_samples = 0
        self._mono: list[Samples] = []
        if self._first < 0:
            raise UnweaveError(
                f"The stretch begins at {format_time(start)}, before the part of the recording that is taken, at "
                f"{format_time(origin / sample_rate)}; choose one within that part."
            )
        if samples is not None and self._first >= samples:
            raise self._outside(samples)

    def hear(self, block: Samples) -> None:
        """The next block (C, n)."""
        most = self._most if self._last is None else min(self._last, self._most)
        part = block[:, max(self._first - self._place, 0) : max(most - self._place, 0)]
        self._place += block.shape[1]
        if part.shape[1]:
            self._held.append(part.copy())
            self._held_samples += part.shape[1]
            if self._held_samples >= self.sample_rate:
                self._mix()

    @property
    def times(self) -> tuple[float, float]:
        """Start and end in s, as they were meant, once the recording was heard; neither lies behind its end.

        Raises:
            UnweaveError: the recording ended before the stretch began.
        """
        if self._first >= self._place:
            raise self._outside(self._place)
        last = self._place if self._last is None else min(self._last, self._place)
        return (self._origin + self._first) / self.sample_rate, (self._origin + last) / self.sample_rate

    def condition(self, model: Networks, batch: int | None = None) -> tuple[torch.Tensor, Probabilities]:
        """What the separator is told to return what sounds in the stretch, and what the tagger heard there.

        Silence is cut away, what is shorter than a segment is repeated, segments are averaged (equation 9).

        Args:
            model: with a tagger and a condition.
            batch: see `Batches`.

        Shape:
            -> (D,), and the highest probability of each class in any segment, (K,)

        Raises:
            UnweaveError: silent or too short, or outside the recording.
        """
        start, end = (format_time(time) for time in self.times)
        self._mix(everything=True)
        sound = np.concatenate([np.zeros(0, np.float32), *self._mono])
        if len(sound) >= SHORTEST_SECONDS * self.sample_rate and not np.any(sound):
            raise UnweaveError(f"The stretch from {start} to {end} is silent; choose one in which the sound is heard.")
        segments = sound_segments(model, sound, self.sample_rate)
        if not len(segments):
            raise UnweaveError(
                f"The stretch from {start} to {end} holds too little sound; at least {SHORTEST_SECONDS} s are needed."
            )
        with Batches(model, batch) as batches, torch.inference_mode():
            rows, clip = heard_segments(model, batches, segments)
            heard: Probabilities = clip.amax(dim=0).cpu().numpy()
            return rows.mean(dim=0), heard

    def _mix(self, everything: bool = False) -> None:
        """Channels to mono, second by second from the start of the stretch on, however the blocks fell."""
        if not self._held:
            return
        held = np.concatenate(self._held, axis=1)
        whole = held.shape[1] if everything else held.shape[1] // self.sample_rate * self.sample_rate
        for start in range(0, whole, self.sample_rate):
            self._mono.append(downmix(held[:, start : min(start + self.sample_rate, whole)]).copy())
        self._held = [held[:, whole:].copy()]
        self._held_samples = held.shape[1] - whole

    def _outside(self, samples: int) -> UnweaveError:
        begins = format_time((self._origin + self._first) / self.sample_rate)
        there = format_time((self._origin + samples) / self.sample_rate)
        whole = "The part of the recording ends at" if self._origin else "The recording ends at"
        return UnweaveError(f"{whole} {there}, so there is no stretch that begins at {begins}; choose an earlier one.")
