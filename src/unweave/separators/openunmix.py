"""Open-Unmix with a condition: a recurrent network that masks the magnitudes (Table 5 of arXiv 2305.07447).

    mixture -> |STFT| -> norm -> linear + V c -> tanh -> BLSTM -> join -> linear + V c -> ReLU -> linear + V c -> mask
                                                  |                |
                                                  +----------------+

After Stöter, Uhlich, Liutkus and Mitsufuji, "Open-Unmix - A Reference Implementation for Music Source Separation",
JOSS 4(41), 2019. It never turns a phase: what it returns sounds with the phase of the mixture.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unweave.audio.stft import Stft
from unweave.errors import UnweaveError
from unweave.separators.base import Encoding, Separator, separators
from unweave.separators.film import Film


class NormalisedLinear(nn.Sequential):
    """The same linear layer on every frame, then batch normalisation. (B, inputs, F) -> (B, outputs, F).

    Args:
        inputs, outputs: sizes.
        start: mean of the outputs before training.
    """

    def __init__(self, inputs: int, outputs: int, start: float = 0.0) -> None:
        norm = nn.BatchNorm1d(outputs)
        nn.init.constant_(norm.bias, start)
        super().__init__(nn.Conv1d(inputs, outputs, 1, bias=False), norm)


@separators.register("openunmix")
class OpenUnmix(Separator):
    """Three normalised linear layers, each shifted by the condition, around a bidirectional LSTM.

    The published network scales its input by the statistics of its training set; here a batch normalisation of
    every bin learns them. Its limit of 16 kHz is the whole band at 32 kHz, so no bin is left out.

    Args:
        condition_dim: D.
        window_size, hop: of the STFT, samples.
        hidden: width of the linear layers, even; each direction of the LSTM has half of it.
        layers: of the LSTM.
        dropout: between the layers of the LSTM, in [0, 1).
        sample_rate: Hz.

    Raises:
        UnweaveError: an odd width.
    """

    def __init__(
        self,
        condition_dim: int,
        window_size: int = 2048,
        hop: int = 512,
        hidden: int = 512,
        layers: int = 3,
        dropout: float = 0.4,
        sample_rate: int = 32000,
    ) -> None:
        super().__init__()
        if hidden < 2 or hidden % 2:
            raise UnweaveError(f"The two directions of Open-Unmix share its width, which must be even, not {hidden}.")
        self.sample_rate = sample_rate
        self.condition_dim = condition_dim
        self.stft = Stft(window_size, hop)
        bins = self.stft.bins
        self.norm = nn.BatchNorm1d(bins)
        self.first = NormalisedLinear(bins, hidden)
        self.second = NormalisedLinear(2 * hidden, hidden)
        # As published, the mask starts around 1: a closed rectifier would learn nothing.
        self.third = NormalisedLinear(hidden, bins, start=1.0)
        self.films = nn.ModuleList(Film(condition_dim, width) for width in (hidden, hidden, bins))
        self.recurrent = nn.LSTM(
            hidden,
            hidden // 2,
            num_layers=layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def encode(self, mixture: Tensor) -> Encoding:
        """See `Separator.encode`: all up to the first shift."""
        spectrogram = self.stft(mixture)  # (B, N, F)
        features = self.first(self.norm(spectrogram.abs()))  # (B, hidden, F)
        return Encoding({"spectrogram": spectrogram, "features": features}, mixture.shape[-1])

    def decode(self, encoding: Encoding, condition: Tensor) -> Tensor:
        """See `Separator.decode`."""
        spectrogram = encoding.tensors["spectrogram"]
        x = torch.tanh(self.films[0](encoding.tensors["features"], condition))
        y = self.recurrent(x.transpose(1, 2))[0].transpose(1, 2)  # (B, hidden, F)
        x = torch.relu(self.films[1](self.second(torch.cat([x, y], dim=1)), condition))
        mask = torch.relu(self.films[2](self.third(x), condition))  # (B, N, F)
        return self.stft.inverse(spectrogram * mask, encoding.length)
