"""Written tracks that are not kept go back into the written residual, so that all of it still adds up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from unweave.audio.io import AudioWriter, open_audio
from unweave.inference.recording import Samples

BLOCK_SECONDS = 10


def fold(
    residual: Path, tracks: Sequence[Path], writer: Callable[[Path], AudioWriter], tell: Callable[[Samples], None]
) -> None:
    """Put the residual plus the tracks in place of the residual; the tracks' files stay.

    Args:
        residual: a file that holds samples as they were written.
        tracks: likewise, of the same length.
        writer: opens a file of the residual's kind.
        tell: called with every block (C, n) of the new residual.
    """
    new = residual.with_name(f"{residual.stem}.new{residual.suffix}")
    with ExitStack() as stack:
        sources = [stack.enter_context(open_audio(path)) for path in (residual, *tracks)]
        out = stack.enter_context(writer(new))
        size = BLOCK_SECONDS * sources[0].sample_rate
        for blocks in zip(*(source.blocks(size) for source in sources), strict=True):
            block: Samples = np.sum(np.stack(blocks), axis=0, dtype=np.float32)
            out.write(block)
            tell(block)
    new.replace(residual)
