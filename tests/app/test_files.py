from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path

import pytest

from unweave.app.files import file_answer, zip_answer
from unweave.app.refusals import Refused


def test_a_zip_is_made_while_it_is_sent(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds/Dög.wav").write_bytes(bytes(300_000))
    (tmp_path / "tracks.json").write_text("{}")
    answer = zip_answer(tmp_path, ["sounds/Dög.wav", "tracks.json", "../outside"], "street", "straße.zip")

    async def all_of_it() -> list[bytes]:
        return [bytes(piece) async for piece in answer.body_iterator]  # type: ignore[arg-type]

    pieces = asyncio.run(all_of_it())
    assert max(map(len, pieces)) < 100_000
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None and archive.namelist() == ["street/sounds/Dög.wav", "street/tracks.json"]
    assert archive.read("street/sounds/Dög.wav") == bytes(300_000)
    assert "stra%C3%9Fe.zip" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("x.wav", "audio/wav"), ("x.html", "application/octet-stream"), ("x.svg", "application/octet-stream")],
)
def test_no_browser_runs_what_a_visitor_gave(name: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("<script>")
    answer = file_answer(tmp_path, name)
    assert answer.headers["content-type"] == kind and "sandbox" in answer.headers["content-security-policy"]
    given = file_answer(tmp_path, name, download=name, plain=True)
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"].startswith("attachment")
    with pytest.raises(Refused):
        file_answer(tmp_path, f"../{tmp_path.name}/../x")
