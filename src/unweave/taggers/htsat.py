"""HTS-AT: a Swin transformer that tags and detects (Chen et al., arXiv 2202.00874)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.audio.mel import LogMel
from unweave.taggers.base import Tagger, Tags, taggers
from unweave.taggers.htsat_blocks import PatchMerging, SwinBlock


class HtsAt(Tagger):
    """Hears 10 s at a time: the log-mel of a chunk is folded into a square image, low frequencies of all times first.

    Shorter inputs are repeated until they fill a chunk, because the network averages its decisions over the whole
    chunk and silence would dilute them. Longer inputs are cut into chunks, the last one ending with the input;
    `clip` and `embedding` are averages over the chunks, `frames` follow each other.

    Args:
        dim: channels of the first stage; they double with each stage.
        depths: blocks of each stage.
        heads: attention heads of each stage.
        window: side of the attention windows in tokens.
        side: side of the image; a chunk's log-mel is stretched to side * (side / 64 bands) frames.
        patch: side of the patches that become tokens.
        classes: K.
        drop_path: share of residual branches left out in the last block while training, rising from 0 in the first.
    """

    sample_rate = 32000

    def __init__(
        self,
        dim: int = 96,
        depths: Sequence[int] = (2, 2, 6, 2),
        heads: Sequence[int] = (4, 8, 16, 32),
        window: int = 8,
        side: int = 256,
        patch: int = 4,
        classes: int = 527,
        drop_path: float = 0.1,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.side = side
        self.chunk = 10 * self.sample_rate
        self.embedding_dim = dim * 2 ** (len(depths) - 1)
        self.front = LogMel(self.sample_rate)
        self.folds = side // self.front.bands
        self.chunk_frames = side * self.folds
        self.frame_rate = self.chunk_frames / 10
        self.norm = nn.BatchNorm1d(self.front.bands)
        self.patches = nn.Conv2d(1, dim, patch, stride=patch)
        self.patch_norm = nn.LayerNorm(dim)
        blocks = sum(depths)
        rates = iter([drop_path * block / max(blocks - 1, 1) for block in range(blocks)])
        layers: list[nn.Module] = []
        tokens = side // patch
        for stage, depth in enumerate(depths):
            if stage:
                layers.append(PatchMerging(dim))
                dim, tokens = 2 * dim, tokens // 2
            layers += [
                SwinBlock(dim, heads[stage], tokens, window, shifted=block % 2 == 1, drop_path=next(rates))
                for block in range(depth)
            ]
        self.layers = nn.Sequential(*layers)
        self.last_norm = nn.LayerNorm(dim)
        # The token-semantic layer: it sees all frequencies of three neighbouring steps of time.
        self.semantic = nn.Conv2d(dim, classes, (tokens // self.folds, 3), padding=(0, 1))

    def fold(self, mel: Tensor) -> Tensor:
        """Stretch a chunk's log-mel to the image's area and stack its quarters of time.

        Shape:
            (B, F, M) -> (B, side, side)
        """
        batch, _, bands = mel.shape
        size = (self.chunk_frames, bands)
        x = functional.interpolate(mel[:, None], size, mode="bicubic", align_corners=True)[:, 0]
        x = x.reshape(batch, self.folds, self.side, bands)  # (B, quarter, time in it, M)
        return x.transpose(2, 3).reshape(batch, self.side, self.side)

    def unfold(self, tokens: Tensor) -> Tensor:
        """Lay the quarters of time side by side again: (B, S, S, E) -> (B, E, S / folds, S * folds)."""
        batch, side, _, channels = tokens.shape
        x = tokens.permute(0, 3, 1, 2).reshape(batch, channels, self.folds, side // self.folds, side)
        return x.transpose(2, 3).reshape(batch, channels, side // self.folds, self.folds * side)

    def tag_chunk(self, waveform: Tensor) -> Tags:
        """Tag exactly one chunk.

        Shape:
            (B, 10 s) -> Tags, F = chunk_frames
        """
        mel = self.norm(self.front(waveform).transpose(1, 2)).transpose(1, 2)
        x = self.patches(self.fold(mel)[:, None]).permute(0, 2, 3, 1)
        x = self.unfold(self.last_norm(self.layers(self.patch_norm(x))))
        embedding = x.mean(dim=(2, 3))
        logits = self.semantic(x).squeeze(2)  # (B, K, steps)
        frames = torch.sigmoid(logits.float()).transpose(1, 2)
        frames = frames.repeat_interleave(self.chunk_frames // frames.shape[1], dim=1)
        return Tags(clip=torch.sigmoid(logits.float().mean(dim=2)), frames=frames, embedding=embedding)

    def forward(self, waveform: Tensor) -> Tags:
        """See `Tagger.forward`. F = ceil(T / 312.5) frames."""
        samples = waveform.shape[-1]
        if samples < self.chunk:
            waveform = waveform.repeat(1, -(-self.chunk // samples))[:, : self.chunk]
        starts = list(range(0, max(samples - self.chunk, 0) + 1, self.chunk))
        if samples > self.chunk and samples % self.chunk:
            starts.append(samples - self.chunk)
        chunks = [self.tag_chunk(waveform[:, start : start + self.chunk]) for start in starts]
        wanted = -(-samples * self.chunk_frames // self.chunk)
        new = wanted - (len(chunks) - 1) * self.chunk_frames  # frames that the last chunk adds
        frames = [chunk.frames for chunk in chunks if chunk.frames is not None]
        frames[-1] = frames[-1][:, -new:] if len(chunks) > 1 else frames[-1][:, :new]
        return Tags(
            clip=torch.stack([chunk.clip for chunk in chunks]).mean(dim=0),
            frames=torch.cat(frames, dim=1),
            embedding=torch.stack([chunk.embedding for chunk in chunks]).mean(dim=0),
        )


@taggers.register("htsat")
def htsat(classes: int = 527) -> HtsAt:
    """HTS-AT as published for AudioSet: 12 blocks in 4 stages, E = 768."""
    return HtsAt(classes=classes)
