"""What is asked for less what sounds like something else: the separator is told both, three times it answers.

Of a bin of the mixture the wanted sound holds the share w and an unwanted one the share u, as far as the separator can
tell, each asked for without a word of the other. Sounds that are alike are taken for each other, and both shares are
high. Their odds against everything else, p = w / (1 - w) and q = u / (1 - u), become odds of one choice among three:

    w' = p / (1 + p + q) = w (1 + p) / (1 + p + q)

And the wanted sound is asked for once more, in the mixture from which half of the unwanted is gone: what is alike is
then half as loud, and a separator is right more often where less sounds beside. The answer is the mean of the three:
as asked alone, by odds, and asked again. Errors of one are not those of the others, and where the separator takes the
wanted itself for what is not wanted, most of it stays. Where nothing unwanted is found, the answer stays as it is.

`benchmarks/unwanted.py` measures what it does to mixtures in which two of three sounds are alike; docs/experiments.md
has what else was tried.

"Everything but" a sound, less another one, is everything but both (`TogetherTelling`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from unweave.inference.telling import Telling

if TYPE_CHECKING:
    from torch import Tensor

    from unweave.inference.recording import Samples
    from unweave.networks import Networks

TINY = 1e-12
TAKEN_OUT = 0.5  # of what is not wanted, before the wanted is asked for once more
SURE = 0.999  # the largest share, so that odds stay finite


@dataclass(frozen=True, eq=False)
class LessTelling(Telling):
    """Return something less other things.

    Attributes:
        wanted: what is asked for.
        unwanted: what is not, at least one.
    """

    wanted: Telling
    unwanted: tuple[Telling, ...]

    def key(self) -> object:
        """The same things."""
        return self.wanted.key(), tuple(telling.key() for telling in self.unwanted)

    def condition(self, model: Networks, probabilities: Tensor) -> Tensor:
        """That of what is wanted."""
        return self.wanted.condition(model, probabilities)

    def parts(self) -> Sequence[Telling]:
        """The wanted one, then the others."""
        return self.wanted, *self.unwanted

    def again(self, mixture: Samples, sources: Sequence[Samples], sample_rate: int) -> Samples | None:
        """The mixture with half of what is not wanted taken out."""
        from unweave.inference.sharing import share

        wanted, *unwanted = sources
        if not wanted.any() or not any(other.any() for other in unwanted):
            return None
        rest: Samples = mixture - np.float32(TAKEN_OUT) * np.sum(share(mixture, unwanted, sample_rate), axis=0)
        return rest

    def join(self, mixture: Samples, sources: Sequence[Samples], sample_rate: int) -> Samples:
        """The mean of the three: as asked alone, what is left of it by odds, what is found where half of it is gone."""
        wanted, *unwanted = sources[: 1 + len(self.unwanted)]
        left = less(mixture, wanted, unwanted, sample_rate)
        again = sources[1 + len(self.unwanted) :]
        if not again:
            return left
        mean: Samples = np.mean([wanted, left, *again], axis=0, dtype=np.float32)
        return mean


@dataclass(frozen=True, eq=False)
class TogetherTelling(Telling):
    """Return several things in one.

    Attributes:
        tellings: what is asked for.
    """

    tellings: tuple[Telling, ...]

    def key(self) -> object:
        """The same things."""
        return TogetherTelling, *(telling.key() for telling in self.tellings)

    def condition(self, model: Networks, probabilities: Tensor) -> Tensor:
        """That of the first of them."""
        return self.tellings[0].condition(model, probabilities)

    def parts(self) -> Sequence[Telling]:
        """Each of them."""
        return self.tellings

    def join(self, mixture: Samples, sources: Sequence[Samples], sample_rate: int) -> Samples:
        """Their sum, in no bin more than there is."""
        from unweave.inference.sharing import share

        together: Samples = np.sum(share(mixture, sources, sample_rate), axis=0)
        return together


def less(mixture: Samples, wanted: Samples, unwanted: Sequence[Samples], sample_rate: int) -> Samples:
    """A source of a segment, without what belongs to others rather than to it.

    Args:
        mixture: the segment.
        wanted: what the separator took out of it.
        unwanted: what it took out of it for each of the others.
        sample_rate: in Hz.

    Shape:
        (C, T), (C, T), U of (C, T) -> (C, T)
    """
    if not any(other.any() for other in unwanted) or not wanted.any():
        return wanted
    import torch

    from unweave.audio.stft import alike, power
    from unweave.inference.prominence import segment_stft

    stft = segment_stft(sample_rate)
    with torch.inference_mode():
        stacked = torch.from_numpy(np.stack([mixture, wanted, *unwanted]))
        heard, taken, *others = stft(stacked.flatten(0, 1)).unflatten(0, stacked.shape[:2])

        def odds(source: Tensor) -> Tensor:
            share: Tensor = (alike(source, heard) / (power(heard) + TINY)).clamp(0, SURE)
            return share / (1 - share)

        own = odds(taken)
        rest = torch.stack([odds(other) for other in others]).sum(dim=0)
        kept = (1 + own) / (1 + own + rest) * taken
        result: Samples = stft.inverse(kept, wanted.shape[1]).numpy()
    return result
