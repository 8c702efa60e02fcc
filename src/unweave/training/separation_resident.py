"""Learning to separate with the clips on the device that trains: a quarter of an hour on a GPU is enough.

The method is that of `unweave.training.separation`; mixtures are drawn for a whole batch at once, and come nearer to
recordings: a third source that nobody asks for, a bed of background, rooms, levels far apart, a source alone, and stems
of one song at the same time, in one key and on one beat.

    rows, starts, speeds (numpy) -> cut -> tilt, rooms, band limit -> levels -> sum        all (B, T), on the device
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unweave.audio.energy import match_energy
from unweave.conditions import Condition
from unweave.data.anchors import anchor_scores
from unweave.data.augment import TILT, TILTED
from unweave.data.resident import Filters, ResidentClips
from unweave.data.store import Store
from unweave.separators import Separator
from unweave.taggers import Tagger
from unweave.training.listening import listen
from unweave.training.separation import Example, SeparationTask
from unweave.training.validation import LARGEST_FACTOR

TRIES = 8  # draws of another partner, before a source stays alone
BED_DB = (-25.0, 0.0)  # of a bed, relative to the first source
HEARD_AT_ONCE = 64
Rows = NDArray[np.int64]


class ResidentSeparationTask(SeparationTask):
    """As `SeparationTask`, with tagger, clips and all that is done to sounds on one device.

    Args:
        store, tagger, args, kwargs: as for `SeparationTask`.
        device: on which all happens.
    """

    def __init__(
        self,
        separator: Separator,
        tagger: Tagger,
        condition: Condition,
        store: Store,
        *args: Any,
        device: torch.device,
        **kwargs: Any,
    ) -> None:
        clips = ResidentClips(store, store.rows("train"), device)
        tagger.to(device)
        condition.to(device)

        def hear(rows: Rows) -> tuple[Tensor, Tensor]:
            longest = max(store.sample_rate, int(store.lengths[rows].max()))
            nothing = torch.zeros(len(rows), dtype=torch.float64)
            tags = tagger(clips.cut(rows, nothing, nothing + 1, longest))
            assert tags.frames is not None
            return tags.frames, tags.clip

        kwargs["listener"] = partial(listen, hear=hear, most=HEARD_AT_ONCE)
        super().__init__(separator, tagger, condition, store, *args, **kwargs)
        self.device, self.clips = device, clips
        self.samples = round(self.settings.seconds * store.sample_rate)
        self.filters = Filters(self.samples, store.sample_rate, device)
        self._know_places()
        self._know_clips()

    def _know_places(self) -> None:
        """Where anchors of each clip may start, in frames: one list end to end, and which part of it is whose."""
        rate = self.tagger.frame_rate
        assert rate is not None
        good, counts = [], np.zeros(len(self.store), np.int64)
        for row, curve in self.curves.items():
            scores = anchor_scores(torch.from_numpy(curve)[None], self.settings.seconds, rate)[0].numpy()
            places = np.flatnonzero(scores >= self.settings.share * scores.max())
            counts[row] = len(places)
            good.append(places)
        self.places = np.concatenate(good)
        self.counts, self.firsts = counts, np.cumsum(counts) - counts

    def _know_clips(self) -> None:
        """Which clips are beds, and which are stems of the same recording."""
        store, train = self.store, self.store.rows("train")
        groups: dict[str, list[int]] = {}
        bed = []
        for row in train.tolist():
            clip = store.clips[row]
            if clip.dataset == self.settings.beds:
                bed.append(row)
            groups.setdefault(clip.group, []).append(row)
        self.beds = np.array(bed, np.int64)
        self.mates: dict[int, Rows] = {}
        for rows in groups.values():
            for row in rows:
                # Other clips of a recording, as long as it and of other classes: these are its stems.
                mine = [other for other in rows if other != row and self._stems(row, other)]
                if mine:
                    self.mates[row] = np.array(mine, np.int64)

    def _stems(self, one: int, other: int) -> bool:
        classes = set(self.store.classes(one)), set(self.store.classes(other))
        same = abs(int(self.store.lengths[one]) - int(self.store.lengths[other])) < self.store.sample_rate // 20
        return bool(classes[0] and classes[1] and not classes[0] & classes[1] and same)

    def _sources(self) -> tuple[Rows, Rows, NDArray[np.bool_]]:
        """Clips (B, 4), the classes of the first two (B, 2), and which of them are stems of one recording (B,).

        No two share a class; -1 stands for no source, and where the second is none, for something that is not there.
        """
        settings, rng, batch = self.settings, self.rng, self.settings.batch
        drawn, classes = self.sampler.draw()
        rows = np.full((batch, 4), -1, np.int64)
        rows[:, 0], wanted = drawn[:batch], np.stack([classes[:batch], np.full(batch, -1)], 1)
        stems = np.zeros(batch, bool)
        for i in np.flatnonzero(rng.random(batch) < settings.together).tolist():
            mates = self.mates.get(int(rows[i, 0]))
            if mates is not None:
                rows[i, 1], stems[i] = rng.choice(mates), True
                wanted[i, 1] = rng.choice(self.store.classes(int(rows[i, 1])))
        pool = rng.permutation(batch) + batch
        free = np.flatnonzero(~stems & (rng.random(batch) >= settings.alone))
        rows[free, 1], wanted[free, 1] = drawn[pool[free]], classes[pool[free]]
        for _ in range(TRIES):
            clash = free[self._clash(rows[free, :1], rows[free, 1]) | (wanted[free, 0] == wanted[free, 1])]
            if not len(clash):
                break
            again = rng.integers(0, 2 * batch, len(clash))
            rows[clash, 1], wanted[clash, 1] = drawn[again], classes[again]
        else:
            rows[clash, 1] = wanted[clash, 1] = -1
        alone = rows[:, 1] < 0
        for column, share, choices in ((2, settings.third, drawn), (3, settings.bed, self.beds)):
            some = np.flatnonzero((rng.random(batch) < share) & ~alone)
            if len(choices):
                rows[some, column] = rng.choice(choices, len(some))
                rows[some[self._clash(rows[some, :column], rows[some, column])], column] = -1
        return rows, wanted, stems

    def _clash(self, those: Rows, one: Rows) -> NDArray[np.bool_]:
        """Whether a clip holds a class that one of `those` (B, n) holds, or is one of them, (B,)."""
        held = (self.holds[those] & (those >= 0)[..., None]).any(1)
        return np.asarray((held & self.holds[one]).any(1) | (those == one[:, None]).any(1))

    def _waves(self, rows: Rows, stems: NDArray[np.bool_]) -> Tensor:
        """The sources before they are brought to their levels, (B, 4, T); silence for none."""
        settings, rng, rate = self.settings, self.rng, self.store.sample_rate
        shape = rows.shape
        speeds = np.exp(rng.uniform(-1, 1, shape) * np.log1p(settings.speed) * (rng.random(shape) < 0.6))
        frame = self.firsts[rows] + (rng.random(shape) * self.counts[rows]).astype(np.int64)
        seconds = self.places[np.minimum(frame, len(self.places) - 1)] / self.tagger.frame_rate
        starts = seconds * rate
        room = self.store.lengths[rows] - self.samples * speeds
        starts = np.where(room < 0, rng.random(shape) * room, np.minimum(starts, room))  # short ones begin anywhere
        starts = np.floor(starts)  # what keeps its speed is then only read
        starts[stems, 1], speeds[stems, 1] = starts[stems, 0], speeds[stems, 0]
        there = np.flatnonzero(rows >= 0)
        begin, fast = (torch.from_numpy(numbers.ravel()[there]) for numbers in (starts, speeds))
        cut = self.clips.cut(rows.ravel()[there], begin, fast, self.samples)
        tilts = rng.normal(0, TILT, len(there)) * (rng.random(len(there)) < TILTED)
        cutoffs = np.repeat(self._cutoffs(rows), shape[1]).reshape(shape).ravel()[there]
        rooms = None
        if settings.rooms:
            echo = (rng.random(shape[0]) < settings.rooms) * rng.uniform(0.1, 0.8, shape[0])
            mine = self._on(np.repeat(echo, shape[1]).reshape(shape).ravel()[there])
            ratios = self._on(rng.uniform(-3, 15, len(there)))
            seed = int(rng.integers(1 << 31))
            rooms = self.filters.rooms(mine, ratios, torch.Generator(self.device).manual_seed(seed))
        waves = torch.zeros(rows.size, self.samples, device=self.device)
        waves[torch.from_numpy(there).to(self.device)] = self.filters(cut, self._on(tilts), self._on(cutoffs), rooms)
        return waves.view(*shape, -1)

    def _cutoffs(self, rows: Rows) -> NDArray[np.float64]:
        """Where all sides of each mixture are low-passed, Hz (B,); see `SeparationTask._cutoff`."""
        nyquist = self.store.sample_rate / 2
        bands = np.where(rows >= 0, self.store.bandwidths[rows], nyquist).min(1).clip(max=nyquist)
        draw = self.rng.random(len(rows))
        anywhere = self.rng.uniform(0.19, 0.75, len(rows)) * nyquist
        return np.where(draw < 0.15, anywhere, np.where(draw < 0.65, bands, nyquist))

    @torch.no_grad()
    def draw(self) -> Example:
        """The next batch of mixtures, on the device."""
        rng, settings = self.rng, self.settings
        rows, classes, stems = self._sources()
        batch = len(rows)
        waves = self._waves(rows, stems)
        # Of a sound that is short in a long silence the whole counts, as in the paper.
        levels = np.zeros((batch, 4))
        levels[:, 1] = self._gains(batch)
        levels[:, 2] = rng.uniform(-1, 1, batch) * settings.gain
        levels[:, 3] = rng.uniform(*BED_DB, batch)
        first = waves[:, :1].expand_as(waves)
        sources = match_energy(first, waves, LARGEST_FACTOR) * 10 ** (self._on(levels)[..., None] / 20)
        mixture = sources.sum(1)
        peak = mixture.abs().amax(1, keepdim=True).clamp(min=1e-4)
        scale = self._on(10 ** (rng.uniform(-25, 0, (batch, 1)) / 20)) / peak
        mixture, targets = mixture * scale, (sources[:, :2] * scale[:, None]).flatten(0, 1)
        holds = self.holds[rows] & (rows >= 0)[..., None]  # (B, 4, K)
        every = holds.sum(1)
        row = np.repeat(np.arange(batch), 2)
        others = (every[:, None] - holds[:, :2]).reshape(2 * batch, -1) > 0
        asked = self.asker.ask(mixture, row, targets, classes.ravel(), holds[:, :2].reshape(2 * batch, -1), others, rng)
        return Example(mixture, torch.from_numpy(row).to(self.device), *asked, rows[:, :2].ravel())

    def _on(self, values: Any) -> Tensor:
        return torch.as_tensor(np.asarray(values, np.float32), device=self.device)
