"""The tagger in the box: two ears, one that learnt from its own clips, one that has heard AudioSet.

What a small network learnt from some hours of clips it knows from these clips alone. YAMNet has heard two million
others, so that its features say more of a recording from elsewhere; it hears patches of 0.96 s and nothing above
7.5 kHz, so that they say little of when. What sounds is said by both. A separator that learnt with the small one is
told the mean of what it alone and of what both hear: what it knows, and what it would not be asked for otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.taggers.base import Tags, taggers
from unweave.taggers.small import SILENT_DB, SmallTagger
from unweave.taggers.yamnet import FEATURES, FLOOR, FRAMES, YamnetBody, yamnet_bands

LOUDEST_DB = 18.0  # of the loudest band of a waveform when YAMNet hears it, where that of most clips lies
AS_YAMNET = 0.41  # times the magnitudes of our window: YAMNet's has 25 ms at half the rate
APART = 53  # frames from one patch to the next at most
BINS = 257  # up to 8 kHz


class TwoEars(SmallTagger):
    """A small tagger, and YAMNet beside it: logit = share * logit of the small one + what YAMNet's features say.

    Args:
        classes: K.
        widths, strides, dropout, relative: of the small one, see `SmallTagger`. YAMNet hears every waveform relative to
            its loudest moment in any case.
        hidden: numbers that are made of YAMNet's features.
    """

    bands: Tensor

    def __init__(
        self,
        classes: int = 527,
        widths: Sequence[int] = (48, 64, 96, 192, 256),
        strides: Sequence[tuple[int, int]] = ((1, 1), (2, 2), (1, 2), (1, 2)),
        dropout: float = 0.2,
        relative: bool = True,
        hidden: int = 384,
    ) -> None:
        super().__init__(classes, widths, strides, dropout, relative)
        self.other = YamnetBody()
        self.listen = nn.Linear(FEATURES, hidden)
        self.say = nn.Linear(hidden, classes)
        self.share = nn.Parameter(torch.empty(classes))
        self.reset_parameters()
        spacing = self.sample_rate / self.mel.stft.window_size
        self.register_buffer("bands", yamnet_bands(BINS, spacing), persistent=False)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def reset_parameters(self) -> None:
        """Both ears say half."""
        super().reset_parameters()
        if hasattr(self, "share"):  # not yet while the small one is made
            nn.init.constant_(self.share, 0.5)

    def hear(self, powers: Tensor) -> tuple[Tensor, Tensor]:
        """What each ear makes of power spectra, before anything is said of classes.

        Shape:
            (B, F, N) -> (B, E, F'), (B, patches, FEATURES)
        """
        mel = self.mel.decibels(powers)
        loudest = mel.amax((1, 2), keepdim=True).clamp(min=SILENT_DB)
        return self.body(mel), self._patches(powers, loudest)

    def joined(self, own: Tensor, patches: Tensor) -> Tensor:
        """Logits of both ears, of those of the small one (B, F', K) and of YAMNet's features (B, patches, FEATURES)."""
        heard = torch.relu(self.listen(patches))
        spread = functional.interpolate(heard.transpose(1, 2), size=int(own.shape[1]), mode="linear")
        logits: Tensor = self.share * own + self.say(spread.transpose(1, 2))
        return logits

    def forward(self, waveform: Tensor) -> Tags:
        """See `SmallTagger.forward`."""
        return self.tags(self.mel.powers(waveform))

    def tags(self, powers: Tensor) -> Tags:
        """See `SmallTagger.tags`."""
        body, patches = self.hear(powers)
        logits, features = self.answer(body)
        tags, alone = self._tags(self.joined(logits, patches), features), self._tags(logits, features)
        return replace(tags, own=(tags.clip + alone.clip) / 2)

    def _patches(self, powers: Tensor, loudest: Tensor) -> Tensor:
        """YAMNet's features of patches all over a waveform: (B, F, N) -> (B, patches, FEATURES)."""
        # The floor keeps the gradient of the root finite in silence; a quiet recording is made as loud as any.
        magnitude = powers[:, :, :BINS].clamp(min=1e-20).sqrt() * (AS_YAMNET * 10 ** ((LOUDEST_DB - loudest) / 20))
        heard = torch.log(magnitude @ self.bands + FLOOR)
        heard = functional.pad(heard, (0, 0, 0, max(0, FRAMES - int(heard.shape[1]))), value=math.log(FLOOR))
        spare = int(heard.shape[1]) - FRAMES
        count = 1 + -(-spare // APART)
        starts = [spare * number // max(1, count - 1) for number in range(count)]
        patches = torch.stack([heard[:, start : start + FRAMES] for start in starts], dim=1)
        return self.other.of_patches(patches.flatten(0, 1)).view(-1, count, FEATURES)


taggers.register("two-ears")(TwoEars)
