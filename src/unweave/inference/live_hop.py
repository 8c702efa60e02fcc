"""The work of a hop: hear the newest segment, separate it, and say what is to be added to the sound of the hop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from unweave.audio.blocks import fade_in
from unweave.errors import UnweaveError
from unweave.inference.above import Above
from unweave.inference.batches import Batches
from unweave.inference.change import Change
from unweave.inference.decoding import decode_group
from unweave.inference.heard import Heard
from unweave.inference.live_gate import Gate
from unweave.inference.live_timing import Timing
from unweave.inference.live_window import Window
from unweave.inference.recording import Samples
from unweave.inference.request import Request
from unweave.inference.sharing import share_out
from unweave.inference.tagging import SegmentTags, downmix
from unweave.inference.wish import Prepared
from unweave.networks import Networks

REMEMBERED = 60.0  # s in which half of how well a class was heard is forgotten
HEARD_EVERY = 0.2  # s between hearings while all that is asked for sounds; what does not is listened for at every hop


class Unending:
    """What is known of a stream before it is heard, for ways of asking that look at the recording."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate, self.channels, self.samples = sample_rate, channels, None

    def blocks(self, size: int) -> None:
        """Nobody can read on."""


@dataclass(frozen=True)
class _Sound:
    """One that is changed: which of the requests, what its samples are multiplied by, its gate."""

    place: int
    weight: float
    gate: Gate


class Hops:
    """Windows in, changes out, one after the other.

    Args:
        model: does the work.
        hearing: what the tagger hears of the stream.
        window: what the separator hears of it, the newest part of the same.
        timing: of the stream.
        change: what is wanted.
        channels: C.
        threshold: probability from which something counts as sounding; None: the model's own.

    Attributes:
        sounds: what is changed; where that is nothing, there is no work.
        sentences: that the user should read.

    Raises:
        UnweaveError: something is asked for that the model does not know, or that only a whole recording has.
    """

    def __init__(
        self,
        model: Networks,
        hearing: Window,
        window: Window,
        timing: Timing,
        change: Change,
        channels: int,
        threshold: float | None = None,
    ) -> None:
        self.model, self.timing, self.threshold = model, timing, threshold
        self.hearing, self.window, self.channels = hearing, window, channels
        self.sentences = [line for part in change.parts for line in part.wish.check(model)]
        stub = Unending(window.sample_rate, channels)
        self._prepared: list[Prepared] = [part.wish.prepare(model, stub, None) for part in change.parts]  # type: ignore[arg-type]
        for part, prepared in zip(change.parts, self._prepared, strict=True):
            if prepared.hear is not None:
                raise UnweaveError(f"{part.what} is a stretch of a recording; ask a stream by class or by example.")
        self.sentences += [line for one in self._prepared for line in one.sentences]
        classes = model.tagger.classes if model.tagger else 0
        self._clip = np.zeros((2, classes), np.float32)  # now, and of late
        self._told = np.zeros((1, classes), np.float32)  # now
        self._every = max(1, round(HEARD_EVERY * window.sample_rate / timing.hop))
        self._number = 0
        self._tail: Samples | None = None  # of the last answer, to fade from
        self.sounds = self._unique(change)
        self._active = [False] * len(self.sounds)
        self._rise = fade_in(timing.fade)

    def __call__(self, samples: Samples) -> Samples | None:
        """What is added to the samples of the next hop, all of it weighted.

        Args:
            samples: the newest, as many as are heard.

        Returns:
            (C, hop), or None for nothing.
        """
        newest = samples[:, samples.shape[1] - self.window.size :]
        with Batches(self.model) as batches:
            if self._number % self._every == 0 or not all(self._active):
                self._hear(batches, samples)
            self._number += 1
            requests = self._requests()
            self._active = [bool(requests[sound.place].activity[0]) for sound in self.sounds]
            source = self._source(batches, newest, requests, self._active)
        return self._joined(source)

    def rehearse(self) -> None:
        """Do all of the work once for nothing: what is slow the first time only is behind us then."""
        if not self.sounds:
            return
        noise = np.random.default_rng(0).normal(0, 0.01, (self.channels, self.hearing.size)).astype(np.float32)
        number, clip, told = self._number, self._clip.copy(), self._told.copy()
        levels = [sound.gate.level for sound in self.sounds]
        with Batches(self.model) as batches:
            self._hear(batches, noise)
            requests = self._requests()
            self._source(batches, noise[:, : self.window.size], requests, [True] * len(self.sounds))
        self._number, self._clip, self._told = number, clip, told
        for sound, level in zip(self.sounds, levels, strict=True):
            sound.gate.level = level

    def _hear(self, batches: Batches, samples: Samples) -> None:
        """What sounds now, and how well each class was heard of late."""
        now, late = self._clip
        mono, tagger = self.hearing.heard(downmix(samples)[None])[0], self.model.tagger
        now[:] = self._told[:] = 0
        if tagger is not None and mono.any():

            def hear(start: int, end: int) -> None:
                tags = tagger(torch.from_numpy(mono[None]).to(batches.device))
                for numbers, values in ((now, tags.clip[0]), (self._told[0], tags.told[0])):
                    numbers[:] = torch.nan_to_num(values).float().cpu().numpy()

            batches.run(hear, 1, tagger.rows_per_core)
        late *= 0.5 ** (self._every * self.timing.hop / self.window.sample_rate / REMEMBERED)
        np.maximum(late, now, out=late)

    def _requests(self) -> list[Request]:
        """All that is asked for, active where it is heard now, measured by how well it was heard of late."""
        seconds = self.hearing.size / self.hearing.sample_rate
        tags = SegmentTags(self._clip, self.hearing.size, seconds, [0.0, 0.0])
        heard = Heard(self.model, tags, self.threshold)
        return [request for one in self._prepared for group in one.groups(heard) for request in group.requests]

    def _unique(self, change: Change) -> list[_Sound]:
        """What is changed, each once."""
        seen: dict[object, tuple[int, float]] = {}
        place = 0
        heard = Heard(self.model, SegmentTags(self._clip, 1, 1.0, [0.0, 0.0]), self.threshold)
        for part, prepared in zip(change.parts, self._prepared, strict=True):
            for request in (one for group in prepared.groups(heard) for one in group.requests):
                _, factor = seen.setdefault(request.telling.key(), (place, part.factor))
                if factor != part.factor:
                    raise UnweaveError(f"{part.what} is the same sound as another one that has another gain; give one.")
                place += 1
        rate = self.window.sample_rate
        return [
            _Sound(place, factor - change.rest, Gate(self.timing, rate))
            for place, factor in seen.values()
            if factor != change.rest
        ]

    def _source(
        self, batches: Batches, samples: Samples, requests: list[Request], active: list[bool]
    ) -> Samples | None:
        """All that is added: the hop, and what the next answer is faded from.

        Shape:
            (C, size of the window) -> (C, hop + fade)
        """
        sounding = [(one, now) for one, now in zip(self.sounds, active, strict=True) if one.gate.would_sound(now)]
        curves = [one.gate.curve(now) for one, now in sounding]
        if not sounding or not samples.any():
            return None
        told, heard = [requests[one.place].telling for one, _ in sounding], self.window.heard(samples)
        everywhere = np.ones((1, len(told)), dtype=bool)
        decoded = decode_group(self.model, batches, heard[None], self._told, told, everywhere)
        sets = [list(range(len(told)))] if self.model.settings.exclusive and len(told) > 1 else []
        shared = share_out(heard[None], decoded, sets, self.window.model_rate, batches.cores)
        answers = [shared.get((0, 0, u), decoded.get((0, u))) for u in range(len(told))]
        places = np.arange(self.timing.hop + self.timing.fade)
        total = np.zeros((len(samples), len(places)), np.float32)
        for (sound, _), curve, own in zip(sounding, curves, self._due(samples, heard, answers), strict=True):
            at, level = zip(*curve, strict=True)
            total += own * (np.float32(sound.weight) * np.interp(places, at, level).astype(np.float32))
        return total

    def _due(self, samples: Samples, heard: Samples, answers: list[Samples | None]) -> list[Samples]:
        """What each answer says of the hop and the fade behind it, with its share of what the model does not hear."""
        window, timing = self.window, self.timing
        first = window.size - timing.ahead - timing.hop
        last = first + timing.hop + timing.fade
        nothing = np.zeros((len(samples), last - first), np.float32)
        tracks = [nothing if one is None else window.back(one, first, last) for one in answers]
        if not self.model.settings.full_band or window.sample_rate <= window.model_rate:
            return tracks
        above = Above(window.sample_rate, window.model_rate, [range(len(tracks))])
        return above.push(samples[:, first:last], window.back(heard, first, last), tracks, last=True)[1:]

    def _joined(self, source: Samples | None) -> Samples | None:
        """Faded from the answer before."""
        tail, fade, hop = self._tail, self.timing.fade, self.timing.hop
        if source is None and tail is None:
            return None
        if source is None:
            assert tail is not None
            source = np.zeros((len(tail), hop + fade), np.float32)
            self._tail = None
        else:
            self._tail = source[:, hop:].copy()
        before = np.float32(0) if tail is None else tail
        source[:, :fade] = before + (source[:, :fade] - before) * self._rise
        return source[:, :hop]
