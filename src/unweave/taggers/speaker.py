"""A speaker embedding as a tagger: a GRU over the log-mel spectrogram (Table 2 of the paper, "speaker").

The layout is that of the network that the paper's footnote 3 names (github.com/RF5/simple-speaker-embedding, its GRU),
trained to tell speakers apart with the GE2E loss (Wan et al., arXiv 1710.10467).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.audio.mel import mel_matrix
from unweave.audio.sinc import SincResampler
from unweave.audio.stft import Stft, power
from unweave.errors import UnweaveError
from unweave.regular import check_kind
from unweave.taggers.base import Tagger, Tags, taggers
from unweave.unpickling import open_plain

_QUIETEST = 1e-5  # magnitude under which everything is silence
_HALF = 5.76  # half the span of the log-mel, which lies in [-11.52, 0]; brings it to [-1, 1]


@taggers.register("speaker")
class Speaker(Tagger):
    """Log-mel at 22.05 kHz -> recurrent layers -> the last state, projected to unit length.

    As an embedding it was learnt without sound classes. The contract of taggers is held by a linear classifier on
    the embedding, which says that nothing is there (0.7 % each) until it has been learnt like any other tagger's:
    use it with the conditions on embeddings, unless it has been.

    Args:
        classes: K.
        embedding: E, units of the projection.
        hidden: units of each recurrent layer.
        layers: recurrent layers.
        dropout: between recurrent layers, while training.
        sample_rate: of the waveforms that it is given, in Hz; it resamples them itself.
        weights: file of published weights to start from, .safetensors or a state dict of torch; None: random.

    Raises:
        UnweaveError: weights that cannot be read or do not fit.
    """

    matrix: Tensor

    def __init__(
        self,
        classes: int = 527,
        embedding: int = 256,
        hidden: int = 768,
        layers: int = 3,
        dropout: float = 0.3,
        sample_rate: int = 32000,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        rate, window, bands = 22050, 1024, 80
        self.sample_rate = sample_rate
        self.classes = classes
        self.embedding_dim = embedding
        self.resample = SincResampler(sample_rate, rate)
        self.stft = Stft(window, 256)
        self.register_buffer("matrix", mel_matrix(rate, window, bands, 0.0, 8000.0), persistent=False)
        self.gru = nn.GRU(bands, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.projection = nn.Linear(hidden, embedding)
        self.classifier = nn.Linear(embedding, classes)
        self.reset_parameters()
        if weights is not None:
            self._start_from(Path(weights))

    def reset_parameters(self) -> None:
        """Draw what differs from the layers' own initialisation: unit-gain recurrent weights, absent classes."""
        for name, weight in self.gru.named_parameters():
            if name.startswith("bias"):
                nn.init.zeros_(weight)
            else:
                nn.init.xavier_normal_(weight)
        nn.init.constant_(self.classifier.bias, -5.0)

    def mel(self, waveform: Tensor) -> Tensor:
        """The logarithm of the mel magnitudes, in about [-1, 1].

        Shape:
            (B, T) -> (B, F, M)
        """
        magnitude = power(self.stft(self.resample(waveform))).clamp(min=1e-14).sqrt()  # (B, N, F)
        return torch.log((magnitude.transpose(1, 2) @ self.matrix).clamp(min=_QUIETEST)) / _HALF + 1.0

    def forward(self, waveform: Tensor) -> Tags:
        """See `Tagger.forward`."""
        states, _ = self.gru(self.mel(waveform))  # (B, F, hidden)
        embedding = functional.normalize(self.projection(states[:, -1]), dim=1)
        return Tags(clip=torch.sigmoid(self.classifier(embedding).float()), frames=None, embedding=embedding)

    def _start_from(self, path: Path) -> None:
        state = {_own_name(name): value for name, value in _read(path).items()}
        try:
            missing, unknown = self.load_state_dict(state, strict=False)
        except RuntimeError as error:
            raise UnweaveError(f"The weights in {path} are of another size than this speaker network.") from error
        missing = [name for name in missing if not name.startswith("classifier.")]
        if missing or unknown:
            raise UnweaveError(
                f"The file {path} does not hold the weights of a speaker network"
                f"{f'; it lacks {missing[0]}' if missing else f'; it has {unknown[0]}'}."
            )


def _own_name(name: str) -> str:
    """The published network wraps its recurrent layers as `model.rnn_stack`."""
    return name.removeprefix("model.").replace("rnn_stack.", "gru.")


def _read(path: Path) -> Mapping[str, Tensor]:
    """A state dict, without running anything that a file might hold."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            check_kind(path, "file of weights")
            return load_file(path)
        state = open_plain(path)
    except Exception as error:  # torch and safetensors raise whatever their parsers do
        raise UnweaveError(f"The weights {path} cannot be read ({error}).".replace("\n", " ")) from error
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UnweaveError(f"The file {path} holds no state dict; save one with torch.save(net.state_dict(), path).")
    return state
