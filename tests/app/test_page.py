"""The page in a browser: what people do there, from dropping a recording to taking the tracks away."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("fastapi", reason='the page is not installed: pip install "unweave[serve]"')

from chromium import MISSING, Browser, Page, chromium, find_chromium  # noqa: E402
from holding import HoldingLoading  # noqa: E402
from serving import served  # noqa: E402
from tiny import RATE, tiny_model, tones  # noqa: E402
from videos import Film, make, pictures  # noqa: E402

from unweave.app.limits import Limits  # noqa: E402
from unweave.app.service import Service  # noqa: E402

pytestmark = pytest.mark.skipif(find_chromium() is None, reason=MISSING)

AXE = Path(__file__).parents[1] / "data" / "axe" / "axe.min.js"
SECONDS = 4.0
APP = "const {player, store, actions} = await import('/static/js/app.js');"
LIMIT = 1_000_000  # bytes of an upload


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    with served(tmp_path_factory.mktemp("page"), HoldingLoading(), Limits(bytes=LIMIT)) as there:
        yield there


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Speech (a low tone) for two seconds, then a dog (a higher one)."""
    path = tmp_path_factory.mktemp("sounds") / "street.wav"
    soundfile.write(path, tones(SECONDS, RATE, {0: (0, 2), 1: (2, SECONDS)}).T, RATE, subtype="FLOAT")
    return path


@pytest.fixture
def page(browser: Browser, server: tuple[Service, str], tmp_path: Path) -> Iterator[Page]:
    """Somebody new on the page; whatever it writes into the console as an error is one."""
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    with browser.page(downloads) as one:
        one.size(1280, 900)
        one.dark(False)
        one.open(server[1], "document.documentElement.dataset.ready")
        yield one
        assert one.complaints() == []


@pytest.fixture
def opened(page: Page, street: Path) -> Page:
    """The same, with the recording and what was found in it."""
    page.choose("#file", street)
    page.wait("document.querySelectorAll('.found-row').length && document.querySelector('#waveform div')")
    return page


def separated(page: Page) -> Page:
    page.click("#separate")
    page.wait("document.querySelectorAll('.track').length")
    return page


def app(page: Page, script: str) -> object:
    """The value of an expression that knows the page's player and state."""
    return page.run(f"(async () => {{ {APP} return {script} }})()")


def until(page: Page, script: str) -> None:
    page.wait(f"(async () => {{ {APP} return {script} }})()", script)


def names(page: Page, selector: str) -> list[str]:
    return list(page.run(f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent)"))


def downloaded(page: Page, folder: Path, ending: str) -> Path:
    """The file that came, once it is whole."""
    while not (found := [path for path in folder.glob(f"*{ending}") if path.stat().st_size]):
        page.run("new Promise((go) => setTimeout(go, 30))")
    return found[0]


def test_what_sounds_is_seen_and_separated_by_level(opened: Page) -> None:
    assert names(opened, ".found-row .name") == ["Speech", "Dog"]
    picture = "document.querySelector('#spectrogram')"
    opened.wait(f"{picture}.complete && {picture}.naturalWidth")
    opened.click(".found-head .tabs button", "Coarse")
    assert app(opened, "store.now.view") == "1"
    assert set(names(opened, ".found-row .name")) == {"Human sounds", "Animal"}
    separated(opened)
    assert set(names(opened, ".track .name")) == {"Human sounds", "Animal", "What is left"}
    assert app(opened, "store.now.session.jobs[0].options") == {"level": 1}


def test_every_way_of_asking_at_once(opened: Page, street: Path) -> None:
    opened.click(".found-name", "Dog")
    opened.click("#words")
    opened.type("sire")
    opened.wait("document.querySelector('[role=option]')?.textContent.startsWith('Siren')")
    opened.key("ArrowDown")
    opened.key("Enter")
    opened.type("somebody talking")
    opened.key("Enter")
    lane = opened.run(
        "(() => { const b = document.querySelector('#waveform').getBoundingClientRect();"
        " return [b.x, b.y, b.width] })()"
    )
    x, y, width = lane
    opened.drag((x + width * 0.4, y + 40), (x + width * 0.6, y + 40))
    opened.click("#span")
    opened.choose("#example-file", street)
    opened.wait("document.querySelectorAll('.chip').length === 5")
    assert opened.run("document.querySelector('#separate').textContent") == "Separate 5 sounds"
    separated(opened)
    asked = app(opened, "store.now.session.jobs[0].options")
    assert asked["classes"] == ["/m/0bt9lr", "/m/03kmc9"] and asked["text"] == ["somebody talking"]
    ((start, end),) = asked["span"]
    assert start == pytest.approx(0.4 * SECONDS, abs=0.05) and end == pytest.approx(0.6 * SECONDS, abs=0.05)
    groups = names(opened, "#groups button")
    assert groups == ["Classes", "Examples", "Stretches", "Words"]
    for group in groups:
        opened.click("#groups button", group)
        assert names(opened, ".track .name")[-1] == "What is left" and len(names(opened, ".track")) >= 2


def test_tracks_play_in_sync_and_are_remixed_by_ear(opened: Page) -> None:
    separated(opened)
    opened.click("#play")
    until(opened, "player.playing && player.position > 0.1 && player.context.currentTime > 0.1")
    app(opened, "(player.setLoop({start: 1.4, end: 2.4}, true), player.seek(1.4))")
    app(opened, "(player.tracks = new AnalyserNode(player.context), player.mixer.mix.connect(player.tracks), 0)")
    tracks = (
        "Math.max(...(() => { const all = new Float32Array(2048);"
        " player.tracks.getFloatTimeDomainData(all); return all })())"
    )
    # The original turned round and added to the tracks leaves nothing only if all of them are in step.
    app(opened, "(player.mixer.direct.gain.value = -1)")
    until(opened, f"{tracks} > 0.19 && player.mixer.level() < 0.002")
    app(opened, "(player.mixer.direct.gain.value = 0)")
    until(opened, "player.mixer.level() > 0.12")
    for key in "123":
        opened.key(key)
    assert app(opened, "[...player.mixer.heard().values()]") == [0, 0, 0]
    assert len(names(opened, ".track.is-silent")) == 3
    until(opened, f"{tracks} < 0.002 && player.mixer.level() < 0.002")
    opened.key("o")
    until(opened, "player.mixer.level() > 0.12")  # the original is heard whatever is muted
    opened.key("o")
    opened.key("1")  # one of two tones: there and away by turns
    until(opened, "player.mixer.level() > 0.1")
    until(opened, "player.mixer.level() < 0.05")
    before = app(opened, "player.context.currentTime")
    until(opened, f"player.context.currentTime > {before} + 1.2")  # longer than the loop
    assert 1.35 <= app(opened, "player.position") <= 2.45
    opened.key("o")
    opened.run("document.activeElement.blur()")
    opened.key(" ")
    until(opened, "!player.playing")


def test_faders_and_solo(opened: Page) -> None:
    separated(opened)
    opened.click(".track [aria-label^=Solo]")
    heard = "[...player.mixer.heard().values()]"
    assert app(opened, heard) == [1, 0, 0]
    opened.run(
        "(() => { const f = document.querySelector('.fader'); f.value = -6; f.dispatchEvent(new Event('input')) })()"
    )
    assert app(opened, heard)[0] == pytest.approx(10 ** (-6 / 20))
    assert opened.run("document.querySelector('.fader').getAttribute('aria-valuetext')") == "−6 dB"
    opened.key("r")
    assert app(opened, heard) == [1, 1, 1]


def test_the_zip_holds_what_the_command_line_writes(opened: Page, street: Path, tmp_path: Path) -> None:
    separated(opened)
    opened.click("#zip")
    with zipfile.ZipFile(downloaded(opened, tmp_path / "downloads", ".zip")) as packed:
        there = {
            Path(*Path(name).parts[-2:]) if "sounds/" in name else Path(Path(name).name): packed.read(name)
            for name in packed.namelist()
            if not name.endswith("/")
        }
    report = tiny_model().separate_file(street, tmp_path / "out")
    ours = {path.relative_to(report.folder): path.read_bytes() for path in report.folder.rglob("*") if path.is_file()}
    assert set(there) == set(ours)
    for name in ours:
        if name.suffix in (".csv", ".txt"):
            assert there[name] == ours[name], name
        if name.suffix == ".wav":  # all but the date, which is that of the file
            assert np.array_equal(soundfile.read(io.BytesIO(there[name]))[0], soundfile.read(report.folder / name)[0])
    assert json.loads(there[Path("tracks.json")])["tracks"] == json.loads(ours[Path("tracks.json")])["tracks"]


def test_the_mix_as_heard_is_taken_away(opened: Page, tmp_path: Path) -> None:
    separated(opened)
    dog = names(opened, ".track .name").index("Dog")
    opened.key(str(dog + 1), modifiers=8)  # with shift: solo
    opened.key("d")
    opened.click("#take-menu .primary")
    mix, rate = soundfile.read(downloaded(opened, tmp_path / "downloads", ".wav"))
    spectrum = np.abs(np.fft.rfft(mix[3 * rate :]))
    assert len(mix) == SECONDS * rate and spectrum.argmax() == 1100 and not mix[:rate].any()


def test_cancel_and_reload_in_the_middle(page: Page, street: Path, tmp_path: Path) -> None:
    held = tmp_path / "hold.wav"
    held.write_bytes(street.read_bytes())
    page.choose("#file", held)
    page.click("#separate")
    page.wait("document.querySelector('#work [role=progressbar]')?.getAttribute('aria-valuenow') > 0")
    page.call("Page.reload")
    page.wait("document.querySelector('#work [role=progressbar]')?.getAttribute('aria-valuenow') > 0")
    assert page.run("document.querySelector('#recording-title').textContent") == "hold.wav"
    page.key("c")
    page.wait("document.querySelector('#work').hidden")
    until(page, "store.now.session.jobs[0].state === 'cancelled'")
    page.choose("#file", street)  # the worker is free
    page.wait("document.querySelector('#recording-title').textContent === 'street.wav'")
    separated(page)


def test_a_killed_worker_is_said_and_replaced(
    page: Page, server: tuple[Service, str], street: Path, tmp_path: Path
) -> None:
    held = tmp_path / "hold.wav"
    held.write_bytes(street.read_bytes())
    page.choose("#file", held)
    page.wait("document.querySelectorAll('.found-row').length")
    page.click("#separate")
    page.wait("document.querySelector('#work [role=progressbar]')?.getAttribute('aria-valuenow') > 0")
    process = server[0].models["tiny"].process
    assert process is not None
    process.kill()
    page.wait("document.querySelector('#work .trouble')?.textContent.includes('The worker ended')")
    page.choose("#file", street)
    page.wait("document.querySelector('#recording-title').textContent === 'street.wav'")
    separated(page)


def test_somebody_else_sees_nothing_of_it(opened: Page, browser: Browser, server: tuple[Service, str]) -> None:
    url = app(opened, "store.now.session.uploads[0].sound")
    assert opened.run(f"fetch('{url}').then((r) => r.status)") == 200
    with browser.page() as other:
        other.open(server[1], "document.documentElement.dataset.ready")
        assert app(other, "store.now.session") == {"uploads": [], "jobs": [], "keeps_seconds": 3600}
        assert other.run(f"fetch('{url}').then((r) => r.status)") == 404


def test_the_mix_goes_back_into_the_video(page: Page, tmp_path: Path) -> None:
    sounds = tones(2, 48000, {0: (0, 2), 1: (1, 2)})
    film = make(tmp_path / "film.mp4", Film([sounds], times=[24 * n for n in range(50)]))
    page.choose("#file", film)
    page.wait("document.querySelectorAll('.found-row').length")
    separated(page)
    page.key("d")
    page.click("#take-video")
    back = downloaded(page, tmp_path / "downloads", ".mp4")
    assert pictures(back) == pictures(film)


def test_what_cannot_be_taken_is_said(page: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.wav"
    large.write_bytes(bytes(LIMIT + 1))
    page.choose("#file", large)
    page.wait("document.querySelector('.toast')?.textContent.includes('large.wav has 1 MB; up to 1 MB can be taken')")
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF, but nothing else of a sound")
    page.choose("#file", broken)
    page.wait("!document.querySelector('#recording-trouble').hidden")
    assert "broken.wav" in page.run("document.querySelector('#recording-trouble').textContent")
    assert page.run("document.querySelector('#ask').hidden")


def test_words_that_mean_nothing_are_answered_kindly(opened: Page) -> None:
    opened.click("#words")
    opened.type("xqzzt vrrk")
    opened.key("Enter")
    opened.click("#separate")
    opened.wait("document.querySelector('#work .trouble')?.textContent.includes('xqzzt')")
    opened.key("Backspace")  # focus is on the button: nothing is lost
    assert len(names(opened, ".chip")) == 1


STATES = {
    "found": None,
    "suggestions": "document.querySelector('#words').focus(), document.querySelector('#words').value = 'do',"
    " document.querySelector('#words').dispatchEvent(new Event('input'))",
    "asked": "document.querySelector('#words').blur(), document.querySelector('.found-name').click(),"
    " document.querySelector('#more').open = true,"
    " (await import('/static/js/app.js')).actions.mark({start: 1, end: 2})",
}


def violations(page: Page, state: str) -> list[str]:
    """What axe finds in light and in dark."""
    found = []
    for dark in (False, True):
        page.dark(dark)
        page.wait(f"document.documentElement.dataset.theme === '{'dark' if dark else 'light'}'")
        rules = "{runOnly: ['color-contrast']}" if dark else "{}"
        told = page.run(
            f"axe.run(document, {rules}).then(({{violations}}) =>"
            " violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target} ${n.failureSummary}`)))"
        )
        found += [f"{state}, {'dark' if dark else 'light'}: {one}" for one in told]
    return found


def test_axe_finds_nothing_in_any_state(page: Page, street: Path, tmp_path: Path) -> None:
    page.run(AXE.read_text(encoding="utf-8") + ";0")
    found = violations(page, "welcome")
    page.choose("#file", street)
    page.wait("document.querySelectorAll('.found-row').length && document.querySelector('#waveform div')")
    for state, script in STATES.items():
        if script:
            page.run(f"(async () => {{ {script} }})()")
        found += violations(page, state)
    separated(page)
    found += violations(page, "tracks")
    page.key("d")
    page.run("document.querySelector('.track [aria-label^=Mute]').click()")
    found += violations(page, "mix")
    page.run("document.querySelector('#take-menu').open = false, document.querySelector('#help').click()")
    found += violations(page, "keys")
    page.run("document.querySelector('#sheet').close()")
    held = tmp_path / "hold.wav"
    held.write_bytes(street.read_bytes())
    page.choose("#file", held)
    page.wait("document.querySelector('#recording-title').textContent === 'hold.wav'")
    page.click("#separate")
    page.wait("document.querySelector('#work [role=progressbar]')")
    found += violations(page, "working")
    page.key("c")
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"nothing of a sound")
    page.choose("#file", broken)
    page.wait("!document.querySelector('#recording-trouble').hidden")
    found += violations(page, "broken")
    assert found == []
