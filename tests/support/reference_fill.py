"""Weights and waves that depend on nothing but their names, so that golden outputs can be reproduced anywhere.

`fill` gives every entry of a published state dict the values that it had when the golden outputs were computed with
the published code; `published_keys` lists the entries.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parents[1] / "data"


def fill(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """The values of the entry `key`, float32: unit-gain weights, scales near 1, small biases."""
    generator = np.random.default_rng(zlib.crc32(key.encode()))
    leaf = key.split(".")[-1]
    if leaf == "running_var":
        return generator.uniform(0.5, 1.5, shape).astype(np.float32)
    values = generator.standard_normal(shape).astype(np.float32)
    if leaf == "running_mean":
        return 0.1 * values
    if leaf.endswith(("bias", "bias_table")):
        return 0.02 * values
    if leaf == "weight" and len(shape) == 1:
        return 1.0 + 0.1 * values
    return values * np.float32(np.sqrt(1.0 / (int(np.prod(shape[1:])) or 1)))


def wave(seconds: float, seed: int, sample_rate: int = 32000) -> np.ndarray:
    """A sweep, two partials, one of them with tremolo, and bursts of noise: (T,) float32."""
    samples = int(seconds * sample_rate)
    t = np.arange(samples) / sample_rate
    noise = np.random.default_rng(seed).standard_normal(samples)
    x = 0.3 * np.sin(2 * np.pi * (200 * t + 0.5 * (4000 - 200) / seconds * t * t))
    tremolo = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * t)
    x += 0.2 * np.sin(2 * np.pi * 440 * t) * tremolo + 0.1 * np.sin(2 * np.pi * 1320 * t)
    x += 0.2 * noise * (np.sin(2 * np.pi * 1.5 * t + seed) > 0.6)
    return x.astype(np.float32)


def published_keys(network: str) -> dict[str, tuple[tuple[int, ...], str]]:
    """Entry -> (shape, "filled" or "fixed") of the published state dict of `network`."""
    entries: dict[str, tuple[tuple[int, ...], str]] = {}
    with gzip.open(DATA / "published_keys.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            name, key, shape, kind = line.rstrip("\n").split("\t")
            if name == network:
                entries[key] = (tuple(int(size) for size in shape.split(",") if size), kind)
    return entries


def published_state(network: str, prefix: str = "", fixed: bool = False) -> dict[str, torch.Tensor]:
    """The filled state dict; with `fixed`, constants that the published code stores as weights too (as zeros)."""
    state = {}
    for key, (shape, kind) in published_keys(network).items():
        if kind == "filled":
            state[prefix + key] = torch.from_numpy(np.array(fill(key, shape)))
        elif fixed:
            state[prefix + key] = torch.zeros(()).expand(shape)
    return state


def light_state(network: str, prefix: str = "", fixed: bool = False) -> dict[str, torch.Tensor]:
    """Entries of the right shapes that take no room: each is one number of its own, repeated."""
    return {
        prefix + key: torch.tensor(0.5 + zlib.crc32(key.encode()) / 2**33).expand(shape)
        for key, (shape, kind) in published_keys(network).items()
        if fixed or kind == "filled"
    }
