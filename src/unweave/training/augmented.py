"""A tagger that hears augmented spectrograms while it learns.

Mixup and SpecAugment work on the log-mel spectrogram, inside a network that is given a waveform. Every tagger here
computes it by a `LogMel`, so what that gives is augmented on its way to the rest: for the length of one call, by a
forward hook. The tagger itself neither knows nor changes, its weights keep their names, and nothing is left on it.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from unweave.audio.mel import LogMel
from unweave.data.mixup import mix
from unweave.data.specaugment import hide_stripes
from unweave.taggers import Tagger


class AugmentedTagger(nn.Module):
    """What is trained: any tagger, and what is done to its spectrograms.

    Args:
        tagger: given a waveform, it calls its `LogMel` parts on rows of the same clips in the same order.
    """

    def __init__(self, tagger: Tagger) -> None:
        super().__init__()
        self.tagger = tagger

    @property
    def fronts(self) -> list[LogMel]:
        """The parts whose outputs are augmented."""
        return [part for part in self.tagger.modules() if isinstance(part, LogMel)]

    def forward(self, waveform: Tensor, ratio: Tensor | None = None, stripes: Tensor | None = None) -> Tensor:
        """Probabilities of the clips; in evaluation mode nothing is augmented, whatever is given.

        Args:
            waveform: (B, T).
            ratio: how much of its own spectrogram each clip keeps; the rest is that of the clip before it, (B,).
            stripes: what is hidden then, see `hide_stripes`.

        Shape:
            -> (B, K)
        """

        def augment(_: nn.Module, __: Any, mel: Tensor) -> Tensor:
            if ratio is not None:
                mel = mix(mel, mel.roll(1, dims=0), ratio)
            return mel if stripes is None else hide_stripes(mel, stripes)

        hooks = [front.register_forward_hook(augment) for front in self.fronts] if self.training else []
        try:
            clip: Tensor = self.tagger(waveform).clip
            return clip
        finally:
            for hook in hooks:
                hook.remove()
