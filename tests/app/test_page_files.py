"""The page in a browser: what is brought there, and what is taken away."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("fastapi", reason='the page is not installed: pip install "unweave[serve]"')

from chromium import MISSING, Page, find_chromium  # noqa: E402
from paging import app, bring, downloaded, levels, names, put, separated, until  # noqa: E402
from serving import LIMIT, SECONDS  # noqa: E402
from tiny import tiny_model  # noqa: E402
from videos import pictures  # noqa: E402

pytestmark = pytest.mark.skipif(find_chromium() is None, reason=MISSING)


def test_a_sound_is_taken_out_of_a_video_or_made_softer(page: Page, film: Path, tmp_path: Path) -> None:
    bring(page, film)
    page.click(".found-head .tabs button", "Every class")
    page.click(".found-name", "Dog")
    page.click("#mode button", "Take out")
    assert page.run("document.querySelector('#separate').textContent") == "Take out 1 sound"
    job = separated(page)
    assert (job["kind"], job["options"]) == ("change", {"remove": ["/m/0bt9lr"]})
    assert names(page, ".track .name") == ["Without Dog"]
    page.click("#zip", "film.removed.mp4")
    back = downloaded(page, tmp_path / "downloads", ".mp4")
    assert pictures(back) == pictures(film)
    speech, dog, _ = levels(back, 1.2, 1.8)
    assert speech > 0.1 and dog < 0.02
    # What is heard of it is in step with the original: where nothing was taken out, their difference is silence.
    app(page, "(player.setLoop({start: 0.2, end: 0.8}, true), player.seek(0.2))")
    page.click("#play")
    until(page, "player.playing && player.position > 0.25 && player.mixer.level() > 0.12")
    app(page, "(player.mixer.direct.gain.value = -1)")
    until(page, "player.mixer.level() < 0.012")  # the film's own coding
    page.click("#play")
    page.click("#mode button", "Louder")
    put(page, ".chip-db", "6", "change")
    page.click("#more summary")
    put(page, "#output", "flac PCM_16")
    job = separated(page)
    assert job["options"] == {"gain": {"/m/0bt9lr": 6}, "format": "flac", "subtype": "PCM_16"}
    page.click("#zip", "film.remixed.flac")
    louder = downloaded(page, tmp_path / "downloads", ".flac")
    before, after = levels(film, 1.2, 1.8), levels(louder, 1.2, 1.8)
    assert after[1] / before[1] == pytest.approx(10 ** (6 / 20), rel=0.05) and after[0] == pytest.approx(
        before[0], rel=0.05
    )
    assert soundfile.info(louder).subtype == "PCM_16"
    assert names(page, "#results button") == ["Without Dog", "Dog +6 dB"]


def unpacked(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name) for name in packed.namelist() if not name.endswith("/")}


def written(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_zip_holds_what_the_command_line_writes(
    opened: Page, street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte: with nothing asked for, and with every finer point."""
    monkeypatch.chdir(street.parent)
    separated(opened)
    opened.click("#zip")
    there = unpacked(downloaded(opened, tmp_path / "downloads", "street.zip"))
    tiny_model().separate_file("street.wav", tmp_path / "out")
    assert there == written(tmp_path / "out")
    opened.click(".found-name", "Dog")
    opened.click(".found-name", "Speech")
    opened.run("document.querySelectorAll('.chip-not')[1].click()")
    app(opened, "actions.mark({start: 1.25, end: 3.5})")
    opened.click("#part")
    opened.click("#more summary")
    fields = {"threshold": "0.1", "strength": "0.5", "quality": "high", "max-tracks": "1", "output": "flac"}
    for id, value in fields.items():
        put(opened, f"#{id}", value)
    opened.click("#residual")
    job = separated(opened)
    asked = {
        "not": ["/m/09x0r"],
        "start": 1.25,
        "end": 3.5,
        "threshold": 0.1,
        "strength": 0.5,
        "quality": "high",
        "max_tracks": 1,
    }
    assert job["options"] == {"classes": ["/m/0bt9lr"], "format": "flac", "residual": False, **asked}
    assert job["part"] == {"start": 1.25, "end": 3.5}
    (tmp_path / "downloads/street.zip").unlink()
    opened.click("#zip")
    there = unpacked(downloaded(opened, tmp_path / "downloads", "street.zip"))
    python = {"not_" if name == "not" else name: value for name, value in job["options"].items()}
    tiny_model().separate_file("street.wav", tmp_path / "second", **python)
    assert there == written(tmp_path / "second")


def test_the_mix_as_heard_is_taken_away(opened: Page, tmp_path: Path) -> None:
    separated(opened)
    dog = names(opened, ".track .name").index("Dog")
    opened.key(str(dog + 1), modifiers=8)  # with shift: solo
    opened.key("d")
    opened.click("#take-menu .primary")
    mix, rate = soundfile.read(downloaded(opened, tmp_path / "downloads", ".wav"))
    spectrum = np.abs(np.fft.rfft(mix[3 * rate :]))
    assert len(mix) == SECONDS * rate and spectrum.argmax() == 1100 and not mix[:rate].any()


def test_the_mix_goes_back_into_the_video(page: Page, film: Path, tmp_path: Path) -> None:
    separated(bring(page, film))
    page.key("d")
    page.click("#take-video")
    back = downloaded(page, tmp_path / "downloads", ".mp4")
    assert pictures(back) == pictures(film)


def test_a_sound_is_dropped_or_recorded(page: Page, street: Path) -> None:
    page.run(
        "(async () => { const carried = new DataTransfer();"
        " carried.items.add(new File([await (await fetch('/static/icon.svg')).blob()], 'drawn.wav'));"
        " for (const type of ['dragenter', 'drop']) document.body.dispatchEvent("
        "new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: carried})) })()"
    )
    page.wait("!document.querySelector('#recording-trouble').hidden")
    assert page.run("document.querySelector('#recording-title').textContent") == "drawn.wav"
    page.click("#new")
    page.click("#record")
    page.wait("document.querySelector('.recorder-time').textContent > '0:00.3'")
    page.click("#recorder-stop")
    page.wait("document.querySelector('#recording-title').textContent.startsWith('Recording ')")
    until(page, "store.now.session.uploads.at(-1).seconds > 0.1")


def test_what_cannot_be_taken_is_said(page: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.wav"
    large.write_bytes(bytes(LIMIT + 1))
    page.choose("#file", large)
    page.wait(
        "document.querySelector('.toast')?.textContent.includes('large.wav has 1.5 MB; up to 1.5 MB can be taken')"
    )
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF, but nothing else of a sound")
    page.choose("#file", broken)
    page.wait("!document.querySelector('#recording-trouble').hidden")
    assert "broken.wav" in page.run("document.querySelector('#recording-trouble').textContent")
    assert page.run("document.querySelector('#ask').hidden")
