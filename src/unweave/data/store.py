"""Tagged clips ready for training: a folder of HDF5 shards, or the packs of the paper's code.

`append` writes and `Store` reads a folder with `store.json` and shards in it; `open_store` takes whatever there is.
"""

from __future__ import annotations

from pathlib import Path

from unweave.data.appending import append
from unweave.data.published import PublishedStore
from unweave.data.reader import Store
from unweave.data.summary import Summary

__all__ = ["PublishedStore", "Store", "Summary", "append", "open_store"]


def open_store(path: str | Path, split: str = "train") -> Store:
    """The clips at `path`.

    Args:
        path: a store's folder; or a pack of waveforms, a folder of such packs, or an index of packs, as the paper's
            code makes them.
        split: what the clips of packs are for; they do not say it themselves.

    Raises:
        UnweaveError: there is none of these, or it is damaged.
    """
    path = Path(path)
    packs = path.is_file() or (path.is_dir() and not (path / "store.json").exists() and any(path.glob("*.h5")))
    return PublishedStore(path, split) if packs else Store(path)
