"""Objects of stores: one in memory, and folders as fsspec has them, in which a file is seen while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from unweave.batch import objects as module
from unweave.batch.objects import Objects, StoreError
from unweave.errors import UnweaveError

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'unweave[scale]'")


@pytest.fixture(params=["memory", "file"])
def objects(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
    monkeypatch.setattr(module, "PAUSES", (0.0, 0.0))
    yield Objects("memory://objects/x/" if request.param == "memory" else f"file://{tmp_path}/x/")
    fsspec.filesystem("memory").store.clear()


def test_what_is_put_is_there_by_its_name(objects: Objects, tmp_path: Path) -> None:
    assert objects.get("a/b") is None and objects.names("a") == [] and objects.below("") == []
    objects.put("a/b", b"1")
    objects.put("a/b", b"2")
    (tmp_path / "c").write_bytes(b"3")
    objects.send(tmp_path / "c", "a/c/d")
    assert objects.get("a/b") == b"2" and objects.get("a/c/d") == b"3"
    assert objects.names("a") == ["b", "c"] and objects.names("") == ["a"] and objects.below("a") == ["b", "c/d"]
    assert objects.time_of("a/b") is not None and objects.time_of("a/z") is None
    objects.fetch(["a/b", "a/c/d", "a/z"], tmp_path / "copy")
    assert sorted(p.name for p in (tmp_path / "copy").rglob("*") if p.is_file()) == ["b", "d"]
    objects.remove(["a/b", "a/z"])
    assert objects.below("") == ["a/c/d"]


def test_one_is_created_once(objects: Objects) -> None:
    assert objects.create("a/b", b"mine") and not objects.create("a/b", b"theirs") and objects.get("a/b") == b"mine"
    assert objects.create("a/b", b"mine"), "an answer that was lost on its way"


def test_what_passes_is_tried_again_and_what_stays_is_a_sentence(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[Exception] = [TimeoutError("slow"), OSError("slower")]
    kind = type(objects._store)
    pipe, tries = kind.pipe_file, list[int]()

    def flaky(self: object, path: str, data: bytes, **more: object) -> None:
        tries.append(1)
        if errors:
            raise errors.pop(0)
        pipe(self, path, data, **more)

    monkeypatch.setattr(kind, "pipe_file", flaky)
    objects.put("x", b"1")
    assert objects.get("x") == b"1" and len(tries) == 3
    for fault, lasting, count in ((OSError("gone"), False, 3), (PermissionError("no right"), True, 1)):
        errors[:] = [fault] * 3
        tries.clear()
        with pytest.raises(StoreError, match=f"x/x cannot be written: {fault}") as raised:
            objects.put("x", b"2")
        assert raised.value.lasting is lasting and len(tries) == count


def test_a_store_that_takes_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(self: object, path: str, data: bytes, **more: object) -> None:
        raise NotImplementedError

    with monkeypatch.context() as patch, pytest.raises(StoreError, match="written: such a store takes nothing"):
        patch.setattr(fsspec.get_filesystem_class("memory"), "pipe_file", none)
        Objects("memory://x").create("y", b"")
    (tmp_path / "file").touch()
    for address in (f"file://{tmp_path}/file", f"file://{tmp_path}/file/x"):
        with pytest.raises(StoreError, match="y cannot be written"):
            Objects(address).put("y", b"")


def test_an_address_that_nobody_opens_is_a_sentence() -> None:
    with pytest.raises(UnweaveError, match="cannot be opened"):
        Objects("nosuchstore://x")
