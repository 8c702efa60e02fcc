"""Where the work of a hop goes, and what of it could be carried from one hop to the next: `python stream_share.py`.

Prints ms of processor time for a second of one channel in the model in the box (float32, torch, one thread), the least
of several, and how far the encoder's maps of two windows that lie a hop apart are from each other where both see the
same sound: what differs cannot be carried on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import torch

import unweave
from unweave.inference.live_timing import Timing

TIMES = 5


def least(work: Callable[[], object]) -> float:
    """Processor time in ms."""
    work()
    spent = []
    for _ in range(TIMES):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return 1000 * min(spent)


@torch.inference_mode()
def main() -> int:
    """Measure and print."""
    torch.set_num_threads(1)
    model = unweave.load_model(device="cpu", backend="eager")
    separator, tagger = model.separator, model.tagger
    rate = separator.sample_rate
    sound = torch.from_numpy(np.random.default_rng(0).normal(0, 0.05, (1, 4 * rate)).astype(np.float32))
    window = sound[:, :rate]
    encoding, condition = separator.encode(window), torch.zeros(1, model.condition.dim)
    for name, work in {
        "hear 2 s": lambda: tagger(sound[:, : 2 * rate]),
        "STFT": lambda: separator.stft(window),
        "encode, STFT and all": lambda: separator.encode(window),
        "decode one class": lambda: separator.decode(encoding, condition),
    }.items():
        print(f"{name}: {least(work):.1f} ms")
    for latency in (0.1, 0.25, 0.5, 1.0):
        hop = Timing.of(latency, rate).hop
        frames = hop / separator.stft.hop
        columns = frames / separator.down
        print(f"{latency:g} s: a hop is {hop / rate * 1000:g} ms, {frames:g} frames, {columns:.2f} columns")
    column = separator.stft.hop * separator.down  # the nearest two windows whose columns meet
    blocks = -(-rate // column)  # columns of the lowest level in a window
    loud = sound.clone()
    loud[:, rate + column // 2 :] *= 3
    for name, heard in (("equally loud", sound), ("what comes in is louder", loud)):
        one, other = (separator.encode(heard[:, at : at + rate]).tensors for at in (0, column))
        print(f"two windows {1000 * column / rate:g} ms apart, {name}:")
        for key in one:
            wide = separator.down if key == "spectrogram" else one[key].shape[-1] // blocks
            real = wide * rate // column  # what lies behind it is padding
            a, b = one[key][..., wide:real], other[key][..., : real - wide]
            edge = a.shape[-1] // 4  # maps know that a window ends, near its ends
            a, b = (map_[..., edge : map_.shape[-1] - edge] for map_ in (a, b))
            print(f"  {key}: {10 * torch.log10((a - b).abs().square().mean() / a.abs().square().mean()):.0f} dB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
