"""CNN14-DecisionLevelMax: the detector that finds the paper's anchor segments (arXiv 2305.07447, Section 3.3)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from unweave.taggers.base import Tags, taggers
from unweave.taggers.panns import Panns


class PannsDetector(Panns):
    """Classifies every step of time and calls the loudest decision that of the clip.

    One step is `reduction` frames; its decision is held for that long, and the last one up to the end of the input.
    """

    frame_rate = 100.0

    def forward(self, waveform: Tensor) -> Tags:
        """See `Tagger.forward`. F = T // 320 + 1 frames; the embedding is averaged over time."""
        x = self.features(waveform)
        # Both pools look one step to either side: a step's decision knows its neighbours.
        x = functional.max_pool1d(x, 3, stride=1, padding=1) + functional.avg_pool1d(x, 3, stride=1, padding=1)
        steps = self.dropout(torch.relu(self.hidden(self.dropout(x).transpose(1, 2))))  # (B, F // reduction, E)
        decisions = torch.sigmoid(self.classifier(steps).float())
        frame = torch.arange(self.front.stft.frames(waveform.shape[-1]), device=waveform.device)
        frames = decisions[:, (frame // self.reduction).clamp(max=decisions.shape[1] - 1)]
        return Tags(clip=decisions.amax(dim=1), frames=frames, embedding=steps.mean(dim=1))


@taggers.register("panns-cnn14-sed")
def panns_cnn14_sed(classes: int = 527) -> PannsDetector:
    """CNN14-DecisionLevelMax: 100 frames a second, of which 32 share a decision."""
    return PannsDetector([64, 128, 256, 512, 1024, 2048], kernel=3, convolutions=2, pools=5, classes=classes)
