"""Unweave without torch: an exported model, run by ONNX Runtime and a few pages of NumPy (docs/light.md)."""

from unweave_light.errors import LightError
from unweave_light.model import Light, load
from unweave_light.plan import Event
from unweave_light.tracks import Track

__version__ = "0.1.0"
__all__ = ["Event", "Light", "LightError", "Track", "load"]
