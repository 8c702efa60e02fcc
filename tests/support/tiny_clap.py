"""CLAP's text tower with few weights, in the layout of transformers, in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import torch


def tiny_clap(folder: Path, dim: int = 512) -> Path:
    """A tower of one layer that knows letters alone; random weights, the same each time."""
    from transformers import ClapTextConfig, ClapTextModelWithProjection, RobertaTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    letters = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", *"abcdefghijklmnopqrstuvwxyz"]
    (folder / "vocab.json").write_text(json.dumps({letter: place for place, letter in enumerate(letters)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    RobertaTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = ClapTextConfig(
        vocab_size=len(letters),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=90,
        projection_dim=dim,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    ClapTextModelWithProjection(config).save_pretrained(folder)
    return folder
