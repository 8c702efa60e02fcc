"""How the published networks name their weights, and what the same weights are called here.

A layout is a table, not code that walks a file: what is missing and what is unknown follows from comparing names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Layout:
    """The names of one published network.

    Attributes:
        title: the network's name in messages.
        name: the name of our builder in its registry.
        keys: published name -> our name, for every weight that is used.
        constants: regular expressions for entries that are computed here and dropped: transforms, indexes, counters.
        dead: regular expressions for weights that the published computation never uses.
        front: the shapes that the constants of the front end must have where a file holds them; another shape means
            another sample rate or window under the same names.
    """

    title: str
    name: str
    keys: dict[str, str] = field(default_factory=dict)
    constants: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()
    front: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def drops(self, key: str) -> bool:
        """Whether an entry of the file is known and not needed."""
        return any(re.fullmatch(pattern, key) for pattern in self.constants + self.dead)

    def add(self, published: str, ours: str, leaves: Iterable[str] = ("weight", "bias")) -> None:
        """Enter a layer."""
        self.keys.update({f"{published}.{leaf}": f"{ours}.{leaf}" for leaf in leaves})

    def add_norm(self, published: str, ours: str) -> None:
        """Enter a batch normalisation; its counter is a constant."""
        self.add(published, ours, ("weight", "bias", "running_mean", "running_var"))


_COUNTER = r".*\.num_batches_tracked"
_TAGGER_CONSTANTS = (_COUNTER, r"spectrogram_extractor\.stft\.conv_(real|imag)\.weight", r"logmel_extractor\.melW")
_TAGGER_FRONT = {"spectrogram_extractor.stft.conv_real.weight": (513, 1, 1024), "logmel_extractor.melW": (513, 64)}


def panns_layout(title: str, name: str, blocks: int, convolutions: int) -> Layout:
    """CNN6, CNN10, CNN14 and CNN14-DecisionLevelMax; the last two have the same names."""
    layout = Layout(title, name, constants=_TAGGER_CONSTANTS, front=_TAGGER_FRONT)
    layout.add_norm("bn0", "norm")
    for block in range(blocks):
        for i in range(convolutions):
            layout.add(f"conv_block{block + 1}.conv{i + 1}", f"blocks.{block}.layers.{3 * i}", ("weight",))
            layout.add_norm(f"conv_block{block + 1}.bn{i + 1}", f"blocks.{block}.layers.{3 * i + 1}")
    layout.add("fc1", "hidden")
    layout.add("fc_audioset", "classifier")
    return layout


def htsat_layout(depths: tuple[int, ...] = (2, 2, 6, 2)) -> Layout:
    """HTS-AT. Its `head` is the classifier of a Swin transformer without token-semantic layer, and unused."""
    layout = Layout(
        "HTS-AT",
        "htsat",
        constants=(*_TAGGER_CONSTANTS, r".*\.attn_mask", r".*\.relative_position_index"),
        dead=(r"head\.(weight|bias)",),
        front=_TAGGER_FRONT,
    )
    layout.add_norm("bn0", "norm")
    layout.add("patch_embed.proj", "patches")
    layout.add("patch_embed.norm", "patch_norm")
    ours = 0
    for stage, depth in enumerate(depths):
        if stage:
            layout.add(f"layers.{stage - 1}.downsample.reduction", f"layers.{ours}.reduction", ("weight",))
            layout.add(f"layers.{stage - 1}.downsample.norm", f"layers.{ours}.norm")
            ours += 1
        for block in range(depth):
            source, target = f"layers.{stage}.blocks.{block}", f"layers.{ours}"
            layout.keys[f"{source}.attn.relative_position_bias_table"] = f"{target}.attention.bias_table"
            for theirs, here in (
                ("norm1", "norm1"),
                ("attn.qkv", "attention.qkv"),
                ("attn.proj", "attention.out"),
                ("norm2", "norm2"),
                ("mlp.fc1", "mlp.0"),
                ("mlp.fc2", "mlp.2"),
            ):
                layout.add(f"{source}.{theirs}", f"{target}.{here}")
            ours += 1
    layout.add("norm", "last_norm")
    layout.add("tscam_conv", "semantic")
    return layout


def resunet_layout(widths: tuple[int, ...] = (32, 64, 128, 256, 384, 384)) -> Layout:
    """ResUNet30. The published decoder carries a second normalisation and its shift, which nothing uses."""
    layout = Layout(
        "ResUNet30",
        "resunet30",
        constants=(_COUNTER, r"base\.i?stft\.(conv_(real|imag)\.weight|ola_window)"),
        dead=(
            r"base\.decoder_block\d+\.bn2\.(weight|bias|running_mean|running_var)",
            r"film\.decoder_block\d+->beta2\.(weight|bias)",
        ),
        front={"base.stft.conv_real.weight": (1025, 1, 2048)},
    )

    def add_layer(block: str, norm: str, shift: str, convolution: str, ours: str) -> None:
        layout.add_norm(f"base.{block}.{norm}", f"{ours}.norm")
        layout.add(f"film.{block.replace('.', '->')}->{shift}", f"{ours}.film.shift")
        layout.add(f"base.{block}.{convolution}", f"{ours}.convolution", ("weight",))

    def add_block(block: str, ours: str, shortcut: bool) -> None:
        for i in (1, 2):
            add_layer(block, f"bn{i}", f"beta{i}", f"conv{i}", f"{ours}.layers.{i - 1}")
        if shortcut:
            layout.add(f"base.{block}.shortcut", f"{ours}.shortcut")

    layout.add_norm("base.bn0", "norm")
    layout.add("base.pre_conv", "first")
    before = widths[0]
    for i, width in enumerate(widths):
        add_block(f"encoder_block{i + 1}.conv_block1", f"encoder.{i}", shortcut=width != before)
        before = width
    add_block("conv_block7a.conv_block1", "bottleneck.0", shortcut=False)
    for i in range(len(widths)):
        add_layer(f"decoder_block{i + 1}", "bn1", "beta1", "conv1", f"decoder.{i}.up")
        add_block(f"decoder_block{i + 1}.conv_block2", f"decoder.{i}.block", shortcut=True)
    layout.add("base.after_conv", "last")
    return layout
