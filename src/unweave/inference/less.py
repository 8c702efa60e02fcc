"""What is asked for less what sounds like something else: the separator is told both, and bins are shared by odds.

Of a bin of the mixture the wanted sound holds the share w and an unwanted one the share u, as far as the separator can
tell, each asked for without a word of the other. Sounds that are alike are taken for each other, and both shares are
high. Their odds against everything else, p = w / (1 - w) and q = u / (1 - u), become odds of one choice among three:

    w' = p / (1 + p + q) = w (1 + p) / (1 + p + q)

Where nothing unwanted is found, q is 0 and the answer stays as it is. `benchmarks/unwanted.py` measures what it does to
mixtures in which two of three sounds are alike: with the model in the box nothing on average, in single ones much, both
ways (docs/usage.md has the figures). With the model before it, sharing by magnitudes or powers and halving the unwanted
were about as good; subtracting all of it, counting it twice or more, and taking it out before asking for the wanted
were worse, because both claims are high for many a sound that is wanted.

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

    def join(self, mixture: Samples, sources: Sequence[Samples], sample_rate: int) -> Samples:
        """Bins are shared by odds."""
        wanted, *unwanted = sources
        return less(mixture, wanted, unwanted, sample_rate)


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
