"""Unweave as nodes of ComfyUI: AUDIO in; what you name, and everything else, out.

Install Unweave into ComfyUI's Python (`pip install .` in a checkout) and copy this file to ComfyUI/custom_nodes/. It
keeps to the interface of custom nodes that docs.comfy.org/custom-nodes states: a class with INPUT_TYPES, RETURN_TYPES,
FUNCTION and CATEGORY, named in NODE_CLASS_MAPPINGS. AUDIO is {"waveform": (B, C, T) float32, "sample_rate": Hz}.
"""

from __future__ import annotations

import functools
from typing import Any

import torch

import unweave

Audio = dict[str, Any]


@functools.lru_cache(maxsize=1)
def _model(name: str) -> unweave.Model:
    return unweave.load_model(name)  # kept between runs of a workflow


class UnweaveTakeOut:
    """Takes one sound out of a recording, asked for in words; the sound and the rest add up to the recording."""

    DESCRIPTION = __doc__
    CATEGORY = "audio"
    FUNCTION = "take_out"
    RETURN_TYPES = ("AUDIO", "AUDIO")
    RETURN_NAMES = ("sound", "rest")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """What the node has as inputs, in ComfyUI's terms."""
        words = {"default": "speech", "tooltip": 'In words: "a dog barking", "music", "dogs and birds".'}
        models = [row.name for row in unweave.available_models() if row.kind == "model"]
        return {
            "required": {"audio": ("AUDIO",), "what": ("STRING", words)},
            "optional": {
                "strength": ("FLOAT", {"default": 1.0, "min": 0.0, "max": 1.0, "step": 0.05}),
                "model": (models, {"default": models[0]}),
            },
        }

    def take_out(self, audio: Audio, what: str, strength: float = 1.0, model: str = "small") -> tuple[Audio, Audio]:
        """Separate every recording of the batch.

        Args:
            audio: "waveform" (B, C, T) and "sample_rate".
            what: the sound, in words.
            strength: 1 for all of the separation, less for a blend with the recording.
            model: a name of `unweave models`, or a path.

        Returns:
            The sound and the rest, AUDIO each, with the rate and the shape of the input.

        Raises:
            unweave.UnweaveError: words that are not understood, as a sentence that ComfyUI shows.
        """
        waveform, rate = audio["waveform"], int(audio["sample_rate"])
        loaded = _model(model)
        pairs = [
            loaded.separate(one.detach().cpu().float().numpy(), rate, text=what, strength=strength) for one in waveform
        ]
        outs = (torch.stack([torch.from_numpy(pair[side].audio) for pair in pairs]) for side in (0, -1))
        sound, rest = ({"waveform": out.to(waveform.device), "sample_rate": rate} for out in outs)
        return sound, rest


NODE_CLASS_MAPPINGS = {"UnweaveTakeOut": UnweaveTakeOut}
NODE_DISPLAY_NAME_MAPPINGS = {"UnweaveTakeOut": "Unweave: take out a sound"}
