"""Recordings on what fsspec opens: a store in memory, a zip, a tar of recordings as WebDataset has it."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from campaigns import a_job, campaign, last_rows, make_recordings

from unweave.batch import run
from unweave.batch.rows import DONE
from unweave.batch.stores import fetched, find, stamp_of
from unweave.errors import UnweaveError

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'unweave[scale]'")


def stored(source: Path, kind: str, folder: Path) -> str:
    """The same recordings in a store; its address."""
    files = [(path, path.relative_to(source).as_posix()) for path in sorted(source.rglob("*.wav"))]
    if kind == "memory":
        store = fsspec.filesystem("memory")
        for path, name in files:
            store.pipe_file(f"/{folder.name}/{name}", path.read_bytes())
        return f"memory://{folder.name}"
    if kind == "zip":
        with zipfile.ZipFile(folder / "all.zip", "w") as archive:
            for path, name in files:
                archive.write(path, name)
        return f"zip://::{folder / 'all.zip'}"
    with tarfile.open(folder / "shard-000000.tar", "w") as shard:
        for path, name in files:
            shard.add(path, name)
    return str(folder / "shard-000000.tar")


@pytest.mark.parametrize("kind", ["memory", "zip", "tar"])
def test_a_store_is_done_as_a_folder_is_and_once(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = stored(make_recordings(tmp_path / "in", 3, bad=(2,)), kind, tmp_path)
    summary = campaign([address], a_job(tmp_path / "out"))
    assert (summary.done, summary.failed) == (2, 1)
    row = last_rows(tmp_path / "out")["1/001.wav"]
    told = json.loads((tmp_path / "out" / "1" / "001" / "tracks.json").read_text())
    assert row.state == DONE and row.seconds == 0.5 and told["input"]["path"] == row.path
    monkeypatch.setattr(run, "stamp_of", lambda path: pytest.fail("a listing says it for all of them"))
    again = campaign([address], a_job(tmp_path / "out"))
    assert (again.before, again.done, again.failed) == (2, 0, 1)


def test_a_copy_has_the_name_and_is_gone_afterwards(tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe_file("/copies/x.wav", b"abc")
    with fetched("memory://copies/x.wav") as local:
        assert local.name == "x.wav" and local.read_bytes() == b"abc"
    assert not local.exists() and stamp_of("memory://copies/x.wav")[0] == 3
    fsspec.filesystem("memory").pipe_file("/copies/out/y.wav", b"abc")
    stamp = stamp_of("memory://copies/x.wav")
    assert find("memory://copies", "memory://copies/out") == [("x.wav", "memory:///copies/x.wav", stamp)]
    assert find("memory://copies/*.wav") == [("x.wav", "memory:///copies/x.wav", stamp)]


def test_what_is_not_there_and_stores_that_nobody_knows_are_sentences() -> None:
    with pytest.raises(FileNotFoundError):
        stamp_of("memory://none/x.wav")
    with pytest.raises(UnweaveError, match="cannot be opened"):
        find("nosuchstore://bucket/x")
