"""The paper's UNet: ResUNet30 without the shortcuts of its blocks (arXiv 2305.07447, Section 4.6.3 and Table 5)."""

from __future__ import annotations

from typing import Any

from unweave.separators.base import separators
from unweave.separators.resunet import ResUNet


@separators.register("unet")
def unet(condition_dim: int, **geometry: Any) -> ResUNet:
    """UNet with the widths and the depth of ResUNet30; `geometry` as for `ResUNet`."""
    return ResUNet(condition_dim, residual=False, **geometry)
