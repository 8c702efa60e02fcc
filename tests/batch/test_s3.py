"""Recordings from S3 and results onto S3, with a server of it on this machine."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from campaigns import MODEL, a_job, campaign, contents, last_rows, make_recordings
from s3 import serving

from unweave.batch import objects as module
from unweave.batch.bucket import Bucket
from unweave.batch.folder import RECEIPT
from unweave.batch.items import OWN
from unweave.batch.objects import Objects, StoreError
from unweave.batch.rows import DONE, FAILED
from unweave.cli.main import run

# aiohttp, botocore and moto warn of things of their own.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAUSES", (0.0, 0.0))
        yield from serving(patch)


def test_recordings_come_from_s3_and_results_go_there_and_a_second_run_does_what_is_missing(
    bucket: str, tmp_path: Path
) -> None:
    source, objects, out = (
        make_recordings(tmp_path / "in", 4, bad=(3,)),
        Objects(f"s3://{bucket}"),
        f"s3://{bucket}/out",
    )
    for path in source.rglob("*.wav"):
        objects.send(path, path.relative_to(source).as_posix())
    campaign([f"s3://{bucket}"], a_job(tmp_path / "local"))
    assert Bucket(out).check() == [], "S3 creates an object only where there is none"
    summary = campaign([f"s3://{bucket}"], a_job(out))
    assert (summary.total, summary.done, summary.failed) == (4, 3, 1)
    rows = last_rows(out)
    assert sorted(row.state for row in rows.values()) == [DONE] * 3 + [FAILED]
    stored = Objects(out)
    names = [name for name in stored.below("") if not name.startswith(OWN) and not name.endswith(RECEIPT)]
    made = {name: hashlib.sha256(stored.get(name) or b"").hexdigest() for name in names}
    assert made == contents(tmp_path / "local")
    stored.remove([f"0/002/{name}" for name in stored.below("0/002")])
    again = campaign([f"s3://{bucket}"], a_job(out))
    assert (again.total, again.before, again.done, again.failed) == (4, 2, 1, 1)
    assert not stored.below(f"{OWN}/alive") and not stored.below(f"{OWN}/claims")


def test_of_many_who_ask_at_once_s3_tells_one(bucket: str) -> None:
    objects = [Objects(f"s3://{bucket}/claims") for _ in range(2)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: objects[n % 2].create("one", str(n).encode()), range(8)))
    assert answers.count(True) == 1


def test_no_bucket_no_right_and_no_package_are_a_sentence_and_status_2(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import s3fs
    from fsspec.registry import _registry

    source, model = make_recordings(tmp_path / "in", 1), str(MODEL.save(tmp_path / "tiny"))

    def said(out: str) -> str:
        assert run(["separate", str(source), "-o", out, "--manifest", "--model", model]) == 2
        told = capsys.readouterr()
        assert told.err.count("\n") == 1 and not told.out
        return told.err

    assert "bucket does not exist" in said("s3://nobodys-bucket/out")
    assert "bucket does not exist" in said("s3://nobodys-bucket/in.wav")
    with monkeypatch.context() as patch:
        patch.delenv("AWS_ACCESS_KEY_ID")
        patch.delenv("AWS_SECRET_ACCESS_KEY")
        s3fs.S3FileSystem.clear_instance_cache()
        assert "credentials" in said(f"s3://{bucket}/out")
    s3fs.S3FileSystem.clear_instance_cache()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "s3fs", None)
        patch.delitem(_registry, "s3", raising=False)
        assert "Install s3fs" in said(f"s3://{bucket}/out")

    async def denied(*arguments: object, **more: object) -> None:
        raise PermissionError("Access Denied")

    with monkeypatch.context() as patch:
        patch.setattr(s3fs.S3FileSystem, "_pipe_file", denied)
        with pytest.raises(StoreError, match="cannot be written: Access Denied") as raised:
            Objects(f"s3://{bucket}").put("x", b"")
        assert raised.value.lasting
