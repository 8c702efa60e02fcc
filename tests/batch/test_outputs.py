from __future__ import annotations

from pathlib import Path

import pytest

from unweave.batch.folder import Folder
from unweave.batch.outputs import output_of, settled_output
from unweave.errors import UnweaveError


def test_paths_and_addresses_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settled_output("out") == settled_output(f"file://{Path.cwd()}/out") == str(Path.cwd() / "out")
    assert settled_output("s3://bucket/out/") == "s3://bucket/out"
    assert isinstance(output_of(tmp_path), Folder)
    for address in ("zip://x::all.zip", "https://example.org/out"):
        with pytest.raises(UnweaveError, match="takes no files"):
            settled_output(address)
