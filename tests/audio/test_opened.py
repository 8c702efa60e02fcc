"""What only names other files is refused in a sentence; and even unknown, it reaches none of them."""

from __future__ import annotations

import os
from pathlib import Path

import av
import pytest
import soundfile
from videos import Film, make, noise

from unweave.audio import opened as module
from unweave.audio.io import open_audio, probe
from unweave.audio.opened import opened
from unweave.audio.source import Source
from unweave.audio.video import VideoWriter
from unweave.audio.video_source import has_pictures, look
from unweave.errors import UnweaveError

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile '{path}'\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{path}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>"
)
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n"
OTHERS = ["\ufeff" + HLS, " \n" + CONCAT, "[playlist]\nFile1={path}\n", "<asx><ref href='{path}'/></asx>"]
LISTS = {"hls": HLS, "concat": CONCAT, "dash": DASH, "sdp": SDP} | {str(n): text for n, text in enumerate(OTHERS)}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is not to be read."""
    return make(tmp_path_factory.mktemp("secret") / "film.ts", Film([noise(1.0)], picture="mpeg2video"), "mpegts")


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("ending", ["wav", "mp4", "m3u8"])
def test_a_list_is_refused_in_a_sentence(text: str, ending: str, film: Path, tmp_path: Path) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_text(text.format(path=film), encoding="utf-8")
    for read in (open_audio, probe, has_pictures, look):
        with pytest.raises(UnweaveError, match=f"x.{ending} is a list of sounds and not a sound"):
            read(path)
    with pytest.raises(UnweaveError, match="list of sounds"):
        VideoWriter(path, tmp_path / "out.mp4", 48000, 1)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("kind", ["hls", "concat", "dash"])
def test_even_one_that_nobody_knew_reaches_no_other_file(
    kind: str, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.m3u8"  # by which FFmpeg takes it for one
    path.write_text(LISTS[kind].format(path=film.name), encoding="utf-8")
    (tmp_path / film.name).write_bytes(film.read_bytes())
    if kind != "dash":  # what FFmpeg does if it is left alone
        with av.open(str(path)) as it:
            assert it.streams.audio
    monkeypatch.setattr(module, "refuse_lists", lambda data: None)
    for read in (open_audio, has_pictures, look):
        with pytest.raises(UnweaveError, match=r"x\.m3u8 cannot be read"):
            read(path)


def test_the_name_of_a_file_is_no_pattern(tmp_path: Path) -> None:
    """FFmpeg would read a series of pictures, of which this is none."""
    for name in ("%03d.png", "001.png", "*.png"):
        soundfile.write(tmp_path / name, noise(0.5)[0], 48000, format="WAV")
        with opened(Source(tmp_path / name)) as it:
            assert it.format.name == "wav" and it.streams.audio
        assert not has_pictures(tmp_path / name)
