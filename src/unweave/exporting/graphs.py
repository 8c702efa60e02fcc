"""The networks of a model as three graphs whose inputs and outputs are plain spectra, masks and probabilities.

    power spectra  -> tagger.onnx  -> probabilities of the segment, over time, and those that a separator is told
    magnitudes     -> encoder.onnx -> features                            once for each segment
    condition, features -> decoder.onnx -> a complex mask of every bin    once for each sound of it

Everything that learnt or that is tied to what learnt (mel bands, levels, pooling, the mask's angle) lies in a graph;
what is left is the transform and its inverse.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from unweave.conditions.soft import Soft
from unweave.errors import UnweaveError
from unweave.inference.events import FRAMES_PER_SECOND
from unweave.inference.segmenting import Grid
from unweave.networks import Networks
from unweave.separators.masks import magnitude_phase_gain
from unweave.separators.small import SmallSeparator
from unweave.taggers.small import SmallTagger


class Hearing(nn.Module):
    """A small tagger after its transform.

    Args:
        tagger: whose network.
        frames: F', values of each class over time for a segment.
        spectra: F, of a segment.

    Shape:
        power (1, F, N) -> clip (1, K), frames (1, F', K), and what a separator is told (1, K) (`Tags.told`)
    """

    pooling: Tensor

    def __init__(self, tagger: SmallTagger, frames: int, spectra: int) -> None:
        super().__init__()
        self.tagger = tagger
        with torch.inference_mode():
            found = tagger.logits_of_mel(torch.zeros(1, spectra, tagger.mel.bands))[0].shape[1]
        # Averages over stretches that need not be whole frames, as a matrix: no graph has an operation for them.
        pooling = nn.functional.adaptive_avg_pool1d(torch.eye(found)[None], frames)[0].T
        self.register_buffer("pooling", pooling.contiguous())

    def forward(self, power: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Tag a segment."""
        tags = self.tagger.tags(power)
        assert tags.frames is not None
        # No name may stand for two results of a graph.
        told = tags.clip.clone() if tags.own is None else tags.own
        return tags.clip, self.pooling @ tags.frames, told


class Encoder(nn.Module):
    """The half of a small separator that no condition enters. Magnitudes (1, N, F) -> features."""

    def __init__(self, separator: SmallSeparator) -> None:
        super().__init__()
        self.separator = separator

    def forward(self, magnitude: Tensor) -> tuple[Tensor, ...]:
        """Encode a segment."""
        return self.separator.features(self.separator.picture(magnitude))


class Decoder(nn.Module):
    """The other half.

    Args:
        separator: whose network.
        spectra: F, of a segment.

    Shape:
        condition (1, D), features as `Encoder` gives them -> mask (1, 2, F, N), real and imaginary
    """

    def __init__(self, separator: SmallSeparator, spectra: int) -> None:
        super().__init__()
        self.separator, self.spectra = separator, spectra

    def forward(self, condition: Tensor, *features: Tensor) -> Tensor:
        """Say which part of every bin is meant."""
        (logits,) = self.separator.logits(self.separator.embed(condition), *features)
        return torch.stack(magnitude_phase_gain(logits[:, :, : self.spectra]), 1)


def graphs(model: Networks) -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    """The graphs of a model by name, each with an example of its inputs; on the CPU.

    Raises:
        UnweaveError: the model is made of other parts than the one in the box.
    """
    tagger, condition, separator = model.tagger, model.condition, model.separator
    if not (
        isinstance(tagger, SmallTagger)
        and isinstance(separator, SmallSeparator)
        and isinstance(condition, Soft)
        and condition.normalise
    ):
        raise UnweaveError(
            f"The model {model.name} cannot be exported: only models made of the parts of small, the one in the box, "
            "can; models that unweave train wrote from the recipe small can, too."
        )
    if model.settings.overlap_seconds == 0:
        raise UnweaveError(
            f"The model {model.name} cuts hard between segments, which cannot be exported; let them overlap."
        )
    segment = Grid.of(model).segment
    heard, seen = tagger.mel.stft.frames(segment), separator.stft.frames(segment)
    curve = max(1, round(model.settings.segment_seconds * FRAMES_PER_SECOND))
    encoder = Encoder(separator)
    magnitude = torch.rand(1, separator.bins, seen, dtype=torch.float32)
    with torch.inference_mode():
        features = cast("tuple[Tensor, ...]", encoder(magnitude))
    return {
        "tagger": (Hearing(tagger, curve, heard), (torch.rand(1, heard, tagger.mel.stft.bins, dtype=torch.float32),)),
        "encoder": (encoder, (magnitude,)),
        "decoder": (Decoder(separator, seen), (torch.zeros(1, condition.dim, dtype=torch.float32), *features)),
    }
