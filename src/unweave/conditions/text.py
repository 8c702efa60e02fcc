"""Words as a condition: CLAP's text tower (Wu et al. 2023), which AudioSep's separator is steered by."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from unweave.conditions.base import Condition, conditions
from unweave.errors import UnweaveError
from unweave.taggers.base import Tags

# LAION's music_speech_audioset_epoch_15_esc_89.98, AudioSep's encoder, in the layout of transformers.
CLAP = "laion/larger_clap_general"
LONGEST = 77  # tokens of a text; CLAP's captions are much shorter


@contextlib.contextmanager
def _no_bar() -> Iterator[None]:
    """Without the bar that transformers shows while it reads weights."""
    from transformers.utils import logging as untyped

    logging: Any = untyped
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


@conditions.register("text")
class Text(Condition):
    """The unit vector that CLAP's text tower makes of a sentence.

    The tower is no weight of the model: it is read when words are first asked for, from the cache of huggingface-hub
    or its address, and stays on the CPU.

    Args:
        dim: D, numbers of CLAP's projection.
        encoder: a name on huggingface.co or a folder, in the layout of transformers.
    """

    by_class = False
    by_example = False
    by_words = True

    def __init__(self, dim: int = 512, encoder: str = CLAP) -> None:
        super().__init__()
        self.dim = dim
        self.encoder = encoder
        self._tower: tuple[Any, ...] = ()  # a tuple, so that it does not count as a part of this module
        self._known: dict[str, Tensor] = {}

    def forward(self, tags: Tags, waveform: Tensor | None = None) -> Tensor:
        """Not without words.

        Raises:
            UnweaveError: always.
        """
        raise UnweaveError("This model is steered by words and cannot listen to an example; ask it with --text.")

    def from_words(self, texts: Sequence[str]) -> Tensor:
        """The condition that each text asks for.

        Shape:
            n texts -> (n, D), of unit length

        Raises:
            UnweaveError: transformers is not installed, or the encoder's weights are neither here nor to be fetched.
        """
        for text in texts:
            if text not in self._known:
                self._known[text] = self._encode(text)
        return torch.stack([self._known[text] for text in texts])

    def _encode(self, text: str) -> Tensor:
        tokenizer, tower = self._load()
        tokens = tokenizer([text], truncation=True, max_length=LONGEST, return_tensors="pt")
        with torch.inference_mode():
            vector = tower(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]).text_embeds[0]
        return functional.normalize(vector.float(), dim=0).clone()

    def _load(self) -> tuple[Any, ...]:
        if self._tower:
            return self._tower
        try:
            import transformers
        except ImportError as error:
            raise UnweaveError(
                "Words for this model need transformers; install it with `pip install 'unweave[text]'`."
            ) from error
        try:
            with _no_bar():
                library: Any = transformers
                tokenizer = library.AutoTokenizer.from_pretrained(self.encoder)
                tower = library.ClapTextModelWithProjection.from_pretrained(self.encoder).eval()
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            where = "is damaged" if Path(self.encoder).is_dir() else "is not here and could not be fetched"
            first = str(error).strip().split("\n")[0][:200]
            raise UnweaveError(
                f"The encoder of words {self.encoder} {where}: {first} On a machine with a network, "
                f"`hf download {self.encoder}` fetches it."
            ) from error
        if tower.config.projection_dim != self.dim:
            raise UnweaveError(
                f"The encoder of words {self.encoder} gives {tower.config.projection_dim} numbers, but the separator "
                f"wants {self.dim}; name the one that it was trained with."
            )
        self._tower = tokenizer, tower
        return self._tower
