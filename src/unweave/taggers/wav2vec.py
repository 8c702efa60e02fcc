"""wav2vec 2.0 as a tagger (Baevski et al., arXiv 2006.11477; Table 2 of the paper, "wav2vec").

The paper averages features of 512 dimensions over time. In wav2vec 2.0 those are the output of the convolutional
feature encoder; the transformer on top of it gives 768 in the base size and is offered beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from unweave.audio.sinc import SincResampler
from unweave.errors import UnweaveError
from unweave.strict import NotPlain, read_json
from unweave.taggers.base import Tagger, Tags, taggers

LAYERS = ("features", "context")
# What shapes the network. Nothing else of a config is used: it could name code to fetch, such as kernels of attention.
_NUMBERS = {
    "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_dropout",
    "activation_dropout", "attention_dropout", "feat_proj_dropout", "feat_quantizer_dropout", "final_dropout",
    "layerdrop", "initializer_range", "layer_norm_eps", "conv_bias", "num_conv_pos_embeddings",
    "num_conv_pos_embedding_groups", "do_stable_layer_norm", "apply_spec_augment", "mask_time_prob",
    "mask_time_length", "mask_time_min_masks", "mask_feature_prob", "mask_feature_length", "mask_feature_min_masks",
}  # fmt: skip
_LISTS = {"conv_dim", "conv_stride", "conv_kernel"}
_WORDS = {"hidden_act", "feat_extract_norm", "feat_extract_activation"}
_BEYOND_ALL = 65_536
_RATE = 16000  # Hz, of all published weights
# Spans and layers left out at random are for its own training; here they would leave weights without a gradient.
_WHOLE = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0, "layerdrop": 0.0}


@taggers.register("wav2vec")
class Wav2Vec(Tagger):
    """Waveform at 16 kHz, each row at unit variance -> wav2vec 2.0 -> the mean over time.

    As an embedding it was learnt from speech without any classes. The contract of taggers is held by a linear
    classifier on the embedding, which says that nothing is there (0.7 % each) until it has been learnt like any other
    tagger's: use it with the conditions on embeddings, unless it has been.

    Args:
        classes: K.
        layer: "features", the paper's 512, of the convolutional encoder (the transformer is not even kept), or
            "context", the transformer's.
        config: arguments of transformers' `Wav2Vec2Config`; the base size by default.
        weights: folder with published weights (config.json and model.safetensors), of which `config` then comes;
            None: random weights. Nothing is downloaded.
        sample_rate: of the waveforms that it is given, in Hz; it resamples them itself.

    Raises:
        UnweaveError: another layer, no transformers, or weights that cannot be read.
    """

    def __init__(
        self,
        classes: int = 527,
        layer: str = "features",
        config: Mapping[str, Any] | None = None,
        weights: str | None = None,
        sample_rate: int = 32000,
    ) -> None:
        super().__init__()
        if layer not in LAYERS:
            raise UnweaveError(f"wav2vec has the layers {' and '.join(LAYERS)}, not {layer!r}.")
        if weights is not None and config is not None:
            raise UnweaveError("Give wav2vec a config or a folder of weights, which has its own, not both.")
        changes = _WHOLE if layer == "context" else {**_WHOLE, "num_hidden_layers": 0}
        net = _random({**(config or {}), **changes}) if weights is None else _published(Path(weights), changes)
        self.layer = layer
        self.config: dict[str, Any] = _shape_of(net.config.to_diff_dict())
        self.sample_rate = sample_rate
        self.classes = classes
        self.resample = SincResampler(sample_rate, _RATE)
        self.shortest = 1
        for kernel, stride in zip(net.config.conv_kernel[::-1], net.config.conv_stride[::-1], strict=True):
            self.shortest = (self.shortest - 1) * stride + kernel
        self.net = net if layer == "context" else _encoder_of(net)
        self.embedding_dim = int(net.config.hidden_size if layer == "context" else net.config.conv_dim[-1])
        self.classifier = nn.Linear(self.embedding_dim, classes)
        nn.init.constant_(self.classifier.bias, -5.0)

    def arguments(self) -> dict[str, Any]:
        """What the same network is built of without its folder of weights: for a model that is saved with its own."""
        return {
            "classes": self.classes,
            "layer": self.layer,
            "config": self.config,
            "sample_rate": self.sample_rate,
        }

    def reset_parameters(self) -> None:
        """Random weights as wav2vec draws them, and absent classes."""
        fresh = _random(self.config)
        self.net.load_state_dict((fresh if self.layer == "context" else _encoder_of(fresh)).state_dict())
        nn.init.constant_(self.classifier.bias, -5.0)

    def forward(self, waveform: Tensor) -> Tags:
        """See `Tagger.forward`. Inputs of less than a frame are continued with silence."""
        x = self.resample(waveform)
        x = x - x.mean(dim=1, keepdim=True)
        x = x / (x.square().mean(dim=1, keepdim=True) + 1e-7).sqrt()
        x = functional.pad(x, (0, max(self.shortest - x.shape[1], 0)))
        heard: Tensor = self.net(x).last_hidden_state if self.layer == "context" else self.net(x)
        embedding = heard.mean(dim=1)
        return Tags(clip=torch.sigmoid(self.classifier(embedding).float()), frames=None, embedding=embedding)


class FeatureEncoder(nn.Module):
    """The convolutions of wav2vec 2.0 and the norm that follows them. (B, T) -> (B, F, E)."""

    def __init__(self, convolutions: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.convolutions = convolutions
        self.norm = norm

    def forward(self, waveform: Tensor) -> Tensor:
        """Encode."""
        features: Tensor = self.norm(self.convolutions(waveform).transpose(1, 2))
        return features


def _encoder_of(net: Any) -> FeatureEncoder:
    return FeatureEncoder(net.feature_extractor, net.feature_projection.layer_norm)


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise UnweaveError("wav2vec needs transformers; install it: pip install 'unweave[text]'.") from error
    return transformers


def _random(config: Mapping[str, Any]) -> Any:
    shape = _shape_of(config)
    transformers = _transformers()
    return transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**shape))


def _shape_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a config shapes the network; its other entries are left out.

    Raises:
        UnweaveError: an entry of another kind or out of all bounds, or one that would load code.
    """
    chosen: dict[str, Any] = {}
    for key, value in config.items():
        if "attn_implementation" in key or key in ("auto_map", "quantization_config"):
            raise UnweaveError(f"A wav2vec may not say how it is run; take {key} out of its config.")
        if key not in _NUMBERS | _LISTS | _WORDS:
            continue
        numbers = list(value) if key in _LISTS and isinstance(value, (list, tuple)) else [value]
        fits = isinstance(value, str) and len(value) < 30 if key in _WORDS else all(map(_is_bounded, numbers))
        if not fits or len(numbers) > 32:
            raise UnweaveError(f"A wav2vec cannot have {str(value)[:60]!r} as its {key}.")
        chosen[key] = tuple(value) if key in _LISTS else value
    return chosen


def _is_bounded(value: Any) -> bool:
    return isinstance(value, (bool, int, float)) and 0 <= value <= _BEYOND_ALL


def _published(folder: Path, changes: Mapping[str, Any]) -> Any:
    try:
        config = read_json(folder / "config.json", 1_000_000)
    except FileNotFoundError:
        raise UnweaveError(f"The folder {folder} holds no wav2vec: there is no config.json in it.") from None
    except (NotPlain, OSError) as error:
        raise UnweaveError(f"The config.json in {folder} cannot be used: {error}.") from error
    # Lists of further files and adapters would be followed to wherever they lead.
    if not isinstance(config, dict) or not (folder / "model.safetensors").is_file() or list(folder.glob("adapter_*")):
        raise UnweaveError(f"The wav2vec in {folder} cannot be read; it has a config.json and a model.safetensors.")
    shape = {**_shape_of(config), **changes}
    transformers = _transformers()
    made = transformers.Wav2Vec2Config(**shape)
    try:
        # Only safetensors: a pickled file could run anything.
        return transformers.Wav2Vec2Model.from_pretrained(
            str(folder), config=made, local_files_only=True, use_safetensors=True
        )
    except Exception as error:  # whatever a damaged file provokes in there
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UnweaveError(f"The wav2vec in {folder} cannot be read ({reason}).") from error
