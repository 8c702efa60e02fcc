"""Every shipped tagger, condition and separator in a tiny size, for tests that combine them.

Taggers are registered as "tiny-<name>" too, so that a shortcut can name the one it clones. A part that ships and is
missing here fails `tests/training/test_query.py`: add it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from unweave.conditions import Condition, conditions
from unweave.separators import Separator, separators
from unweave.separators.convtasnet import ConvTasNet
from unweave.separators.openunmix import OpenUnmix
from unweave.separators.resunet import ResUNet
from unweave.separators.small import SmallSeparator
from unweave.taggers import Tagger, taggers
from unweave.taggers.htsat import HtsAt
from unweave.taggers.panns import Panns
from unweave.taggers.panns_sed import PannsDetector

CLASSES = 5
_UNET: dict[str, Any] = {"window_size": 128, "hop": 32, "widths": (4, 6, 8)}
WAV2VEC: dict[str, Any] = {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "conv_dim": [8] * 7,
    "num_conv_pos_embeddings": 4,
    "num_conv_pos_embedding_groups": 2,
}


def _wav2vec(**arguments: Any) -> Tagger:
    pytest.importorskip("transformers")
    return taggers.build("wav2vec", classes=CLASSES, config=WAV2VEC, **arguments)


TAGGERS: dict[str, Callable[[], Tagger]] = {
    "htsat": lambda: HtsAt(4, (1, 1), (1, 2), window=4, side=128, patch=16, classes=CLASSES),
    "panns-cnn6": lambda: Panns([4, 6, 8], 5, 1, pools=3, classes=CLASSES),
    "panns-cnn10": lambda: Panns([4, 6, 8], 3, 2, pools=3, classes=CLASSES),
    "panns-cnn14": lambda: Panns([4, 6, 8], 3, 2, pools=2, classes=CLASSES),
    "panns-cnn14-sed": lambda: PannsDetector([4, 6, 8], 3, 2, pools=2, classes=CLASSES),
    "small": lambda: taggers.build("small", classes=CLASSES, widths=(4, 4, 4, 4, 6)),
    "speaker": lambda: taggers.build("speaker", classes=CLASSES, embedding=6, hidden=8),
    "two-ears": lambda: taggers.build("two-ears", classes=CLASSES, widths=(4, 4, 4, 4, 6), hidden=6),
    "wav2vec": _wav2vec,
}
for _name, _build in TAGGERS.items():
    taggers.register(f"tiny-{_name}")(_build)

CONDITIONS: dict[str, Callable[[str, Tagger], dict[str, Any]]] = {
    "adaptor": lambda name, tagger: {"dim": 6, "inputs": tagger.embedding_dim, "hidden": 8},
    "embedding": lambda name, tagger: {"dim": tagger.embedding_dim},
    "joint": lambda name, tagger: {"classes": tagger.classes, "embedding": tagger.embedding_dim},
    "onehot": lambda name, tagger: {"dim": tagger.classes},
    "shortcut": lambda name, tagger: {"tagger": f"tiny-{name}"},
    "soft": lambda name, tagger: {"dim": tagger.classes},
}
SEPARATORS: dict[str, Callable[[int], Separator]] = {
    "convtasnet": lambda dim: ConvTasNet(
        dim, filters=12, window=16, bottleneck=8, hidden=10, skip=6, blocks=2, repeats=2
    ),
    "openunmix": lambda dim: OpenUnmix(dim, window_size=128, hop=32, hidden=8),
    "resunet30": lambda dim: ResUNet(dim, **_UNET),
    "resunet30-paper": lambda dim: ResUNet(dim, **_UNET, bottleneck=2),
    "resunet60": lambda dim: separators.build("resunet60", condition_dim=dim, **_UNET),
    "small": lambda dim: SmallSeparator(dim, (4, 4, 6), 128, 32, (4, 2), ((2, 2), (2, 1)), hidden=6),
    "unet": lambda dim: separators.build("unet", condition_dim=dim, **_UNET),
}


def tiny_tagger(name: str, seed: int = 0) -> Tagger:
    torch.manual_seed(seed)
    return TAGGERS[name]()


def tiny_condition(name: str, tagger_name: str, tagger: Tagger, seed: int = 0) -> Condition:
    torch.manual_seed(seed)
    return conditions.build(name, **CONDITIONS[name](tagger_name, tagger))


def tiny_separator(name: str, dim: int, seed: int = 0) -> Separator:
    torch.manual_seed(seed)
    return SEPARATORS[name](dim)
