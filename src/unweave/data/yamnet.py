"""YAMNet in torch, read from its LiteRT file: a teacher that hears whole batches, on any device.

YAMNet (Google, Apache-2.0) is MobileNet v1 (Howard et al., 2017) over log-mel patches of 0.96 s. The LiteRT file holds
integers; here they are turned back to the numbers that they stand for, and the network computes in floating point.
`unweave.data.teacher.Teacher` runs the file itself, one patch after the other, on a CPU.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from unweave.errors import UnweaveError
from unweave.taggers.yamnet import BANDS, FEATURES, FLOOR, FRAMES, YamnetBody

WINDOW, HOP, FFT = 400, 160, 512  # samples at 16 kHz
PATCH, PATCH_HOP = 15600, 7680  # samples that one patch hears, and from one patch to the next


class Yamnet(YamnetBody):
    """Patches of a waveform at 16 kHz -> scores of its 521 classes, and the features below its classifier.

    Args:
        classes: outputs.
    """

    window: Tensor
    mel: Tensor
    sample_rate = 16000
    features = FEATURES

    def __init__(self, classes: int = 521) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)
        self.register_buffer("mel", torch.zeros(FFT // 2 + 1, BANDS))
        self.classify = nn.Linear(FEATURES, classes)
        self.eval().requires_grad_(False)

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """Hear every patch that lies wholly in the waveform, PATCH_HOP from one to the next.

        Shape:
            (B, T) at 16 kHz -> (B, patches, 521), (B, patches, 1024)
        """
        patches = waveform.unfold(1, PATCH, PATCH_HOP)
        frames = patches.unfold(2, WINDOW, HOP)[:, :, :FRAMES]  # (B, patches, FRAMES, WINDOW)
        batch, count = frames.shape[:2]
        spectrum = torch.fft.rfft(frames.float() * self.window, FFT).abs()
        x = self.of_patches(torch.log(spectrum @ self.mel + FLOOR).flatten(0, 1))  # (B patches, FEATURES)
        scores = torch.sigmoid(self.classify(x).float())
        return scores.view(batch, count, -1), x.view(batch, count, -1)


def load_yamnet(path: str | Path) -> Yamnet:
    """The network of a LiteRT file, or of a .safetensors file that was saved of it.

    Raises:
        UnweaveError: it cannot be read, or is not YAMNet.
    """
    if Path(path).suffix != ".safetensors":
        return read_yamnet(path)
    net = Yamnet()
    try:
        net.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        raise UnweaveError(f"The teacher {path} cannot be loaded: {error}.") from error
    return net


def read_yamnet(path: str | Path) -> Yamnet:
    """The network with the weights of a LiteRT file of YAMNet's classification.

    Raises:
        UnweaveError: LiteRT is not installed, there is no such file, or it is not YAMNet.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise UnweaveError("Reading a teacher needs ai-edge-litert: pip install 'unweave[teacher]'.") from error
    if not Path(path).is_file():
        raise UnweaveError(f"There is no teacher {path}; give the .tflite file of YAMNet.")
    try:
        interpreter: Any = Interpreter(str(path), num_threads=1)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise UnweaveError(f"The teacher {path} cannot be loaded: {error}.") from error
    tensors = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}

    def value(index: int) -> NDArray[np.float32]:
        """A constant as numbers, whatever integers hold it; quantised along its first or its last axis."""
        found = interpreter.get_tensor(index).astype(np.float32)
        how = tensors[index]["quantization_parameters"]
        scales, zeros, axis = how["scales"], how["zero_points"], how["quantized_dimension"]
        if not len(scales):
            return np.asarray(found, np.float32)
        shape = [-1 if i == axis and len(scales) > 1 else 1 for i in range(found.ndim)]
        return np.asarray((found - zeros.reshape(shape)) * scales.reshape(shape), np.float32)

    net = Yamnet()
    steps = [op for op in interpreter._get_ops_details() if op["op_name"] != "DELEGATE"]
    convolutions = [op for op in steps if op["op_name"] in ("CONV_2D", "DEPTHWISE_CONV_2D")]
    products = [op for op in steps if op["op_name"] == "FULLY_CONNECTED"]
    if len(convolutions) != len(net.layers) or len(products) != 2:
        raise UnweaveError(f"{path} is not YAMNet: it has {len(convolutions)} convolutions, YAMNet {len(net.layers)}.")
    with torch.no_grad():
        net.mel.copy_(torch.from_numpy(value(products[0]["inputs"][1])).T)
        for op, layer in zip(convolutions, cast(Iterable[nn.Conv2d], net.layers), strict=True):
            weight, bias = value(op["inputs"][1]), value(op["inputs"][2])
            # LiteRT: (out, height, width, in), depthwise (1, height, width, out).
            order = (3, 0, 1, 2) if op["op_name"] == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2)
            layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight.transpose(order))))
            cast(Tensor, layer.bias).copy_(torch.from_numpy(bias))
        net.classify.weight.copy_(torch.from_numpy(value(products[1]["inputs"][1])))
        net.classify.bias.copy_(torch.from_numpy(value(products[1]["inputs"][2])))
    return net
