"""The page in a browser: what is seen, asked for and heard there."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

pytest.importorskip("fastapi", reason='the page is not installed: pip install "unweave[serve]"')

from chromium import MISSING, Browser, Page, find_chromium  # noqa: E402
from paging import HELD, app, bring, mark, names, put, separated, track_levels, until, violations  # noqa: E402
from serving import SECONDS  # noqa: E402
from tiny import RATE, tones  # noqa: E402

from unweave.app.service import Service  # noqa: E402

pytestmark = pytest.mark.skipif(find_chromium() is None, reason=MISSING)

AXE = Path(__file__).parents[1] / "data" / "axe" / "axe.min.js"
Served = tuple[Service, str]


def test_what_sounds_is_seen_and_separated_by_level(opened: Page) -> None:
    assert names(opened, ".found-row .name") == ["Speech", "Dog"]
    picture = "document.querySelector('#spectrogram')"
    opened.wait(f"{picture}.complete && {picture}.naturalWidth")
    opened.click(".found-head .tabs button", "Coarse")
    assert app(opened, "store.now.view") == "1"
    assert set(names(opened, ".found-row .name")) == {"Human sounds", "Animal"}
    assert separated(opened)["options"] == {"level": 1}
    assert set(names(opened, ".track .name")) == {"Human sounds", "Animal", "What is left"}


def test_every_way_of_asking_at_once(opened: Page, street: Path, tiny: Served, tmp_path: Path) -> None:
    opened.click(".found-head button", "Ask for all of these")
    opened.click(".found-name", "Dog")
    opened.click("#words")
    opened.type("sire")
    opened.wait("document.querySelector('[role=option]')?.textContent.startsWith('Siren')")
    opened.key("ArrowDown")
    opened.key("Enter")
    opened.type("somebody talking")
    opened.key("Enter")
    mark(opened, 0.6, 0.9)
    opened.click("#span")
    example = tmp_path / "woof.wav"
    soundfile.write(example, tones(1.0, RATE, {1: (0, 1)}).T, RATE)
    opened.choose("#example-file", example)
    opened.wait("document.querySelectorAll('.chip').length === 6")
    assert opened.run("document.querySelector('#separate').textContent") == "Separate 6 sounds"
    job = separated(opened)
    asked = job["options"]
    assert asked["level"] == ["auto"] and asked["text"] == ["somebody talking"]
    assert asked["classes"] == ["/m/0bt9lr", "/m/03kmc9"]
    ((start, end),) = asked["span"]
    assert start == pytest.approx(0.6 * SECONDS, abs=0.05) and end == pytest.approx(0.9 * SECONDS, abs=0.05)
    groups = names(opened, "#groups button")
    assert groups == ["Everything", "Classes", "Examples", "Stretches", "Words"]
    for group in groups:
        opened.click("#groups button", group)
        assert names(opened, ".track .name")[-1] == "What is left" and len(names(opened, ".track")) >= 2
    # Each of them holds the sound that was meant, and not the other one.
    sounds = {track["group"]: track["name"] for track in job["tracks"] if track["name"] not in ("residual", "Siren")}
    assert sounds.keys() == {"sounds", "classes", "queries", "spans", "text"}
    for group in ("classes", "queries", "spans"):
        speech, dog, _ = track_levels(tiny, job, sounds[group], group, 2.5, 3.5)
        assert dog > 0.1 and speech < 0.02, group
    speech, dog, _ = track_levels(tiny, job, "somebody talking", "text", 0.5, 1.5)
    assert speech > 0.1 and dog < 0.02
    assert max(track_levels(tiny, job, "Siren", "classes", 0, SECONDS)) < 0.02  # there is none


def test_what_is_kept_is_all_that_is_left_and_only_names_will_do(opened: Page, tiny: Served) -> None:
    opened.click("#words")
    opened.type("somebody talking")
    opened.key("Enter")
    opened.click("#mode button", "Keep only")
    assert names(opened, ".chip") == [] and "by its name" in opened.run("document.querySelector('.toast').textContent")
    assert opened.run("document.querySelector('#separate').disabled")
    opened.click("#words")
    opened.type("Speech")
    opened.wait("document.querySelector('[role=option]')")
    assert not [one for one in names(opened, "[role=option]") if "in your words" in one]
    opened.key("Enter")
    job = separated(opened)
    assert job["options"] == {"keep": ["/m/09x0r"]}
    assert opened.run("document.querySelector('#model').checkVisibility()") is False  # there is but one
    two = "[{name: 'tiny'}, {name: 'other'}]"
    app(opened, f"store.set({{server: {{...store.now.server, models: {two}}}}})")
    opened.click("#more summary")
    put(opened, "#model", "other")
    asked = "(await import('/static/js/wanted.js')).options(store.now)"
    assert app(opened, asked) == {"keep": ["/m/09x0r"], "model": "other"}
    assert track_levels(tiny, job, "kept", "", 0.5, 1.5)[0] > 0.1
    assert max(track_levels(tiny, job, "kept", "", 2.5, 3.5)) < 0.02


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
    put(opened, ".fader", "-6")
    assert app(opened, heard)[0] == pytest.approx(10 ** (-6 / 20))
    assert opened.run("document.querySelector('.fader').getAttribute('aria-valuetext')") == "−6 dB"
    opened.key("r")
    assert app(opened, heard) == [1, 1, 1]


def test_a_part_stands_in_its_place(opened: Page) -> None:
    """Seen and heard where it is in the recording."""
    mark(opened, 0.3, 0.8)
    opened.click("#part")
    separated(opened)
    start, end = app(opened, "[store.now.mark.start, store.now.mark.end]")
    seen = "document.querySelector('.track .lane').getBoundingClientRect()"
    wave = "document.querySelector('.track .wave').getBoundingClientRect()"
    opened.wait(f"{wave}.width < {seen}.width * 0.6")
    left, width = opened.run(f"[({wave}.x - {seen}.x) / {seen}.width, {wave}.width / {seen}.width]")
    assert left == pytest.approx(start / SECONDS, abs=0.01) and width == pytest.approx(
        (end - start) / SECONDS, abs=0.01
    )
    opened.click("#play")
    app(opened, "(player.tracks = new AnalyserNode(player.context), player.mixer.mix.connect(player.tracks), 0)")
    app(opened, f"(player.setLoop({{start: {start} + 0.05, end: {end} - 0.05}}, true), player.seek({start} + 0.05))")
    level = (
        "Math.max(...(() => { const a = new Float32Array(2048); player.tracks.getFloatTimeDomainData(a); return a })())"
    )
    app(opened, "(player.mixer.direct.gain.value = -1)")
    until(opened, f"{level} > 0.19 && player.mixer.level() < 0.002")
    app(opened, "(player.setLoop({start: 0, end: 1}, true), player.seek(0))")
    until(opened, f"player.position > 0.1 && {level} < 1e-6")


def test_cancel_and_reload_in_the_middle(page: Page, street: Path, tmp_path: Path) -> None:
    held = tmp_path / "hold.wav"
    held.write_bytes(street.read_bytes())
    page.choose("#file", held)
    page.click("#separate")
    page.wait(HELD)
    page.call("Page.reload")
    page.wait(HELD)
    assert page.run("document.querySelector('#recording-title').textContent") == "hold.wav"
    page.key("c")
    page.wait("document.querySelector('#work').hidden")
    until(page, "store.now.session.jobs[0].state === 'cancelled'")
    separated(bring(page, street))  # the worker is free


def test_a_killed_worker_is_said_and_replaced(page: Page, tiny: Served, street: Path, tmp_path: Path) -> None:
    held = tmp_path / "hold.wav"
    held.write_bytes(street.read_bytes())
    bring(page, held)
    page.click("#separate")
    page.wait(HELD)
    process = tiny[0].models["tiny"].process
    assert process is not None
    process.kill()
    page.wait("document.querySelector('#work .trouble')?.textContent.includes('The worker ended')")
    separated(bring(page, street))


def test_somebody_else_sees_nothing_of_it(opened: Page, browser: Browser, tiny: Served) -> None:
    url = app(opened, "store.now.session.uploads[0].sound")
    assert opened.run(f"fetch('{url}').then((r) => r.status)") == 200
    with browser.page() as other:
        other.open(tiny[1], "document.documentElement.dataset.ready")
        assert app(other, "store.now.session") == {"uploads": [], "jobs": [], "keeps_seconds": 3600}
        assert other.run(f"fetch('{url}').then((r) => r.status)") == 404


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
    "louder": "document.querySelectorAll('.found-name')[1].click(), document.querySelector('#part').click(),"
    " document.querySelector('[data-mode=gain]').click(), document.querySelectorAll('.chip-not')[1].click()",
}


def test_axe_finds_nothing_in_any_state(page: Page, street: Path, tmp_path: Path) -> None:
    page.run(AXE.read_text(encoding="utf-8") + ";0")
    found = violations(page, "welcome")
    bring(page, street)
    for state, script in STATES.items():
        if script:
            page.run(f"(async () => {{ {script} }})()")
        found += violations(page, state)
    separated(page)
    found += violations(page, "changed")
    page.run("document.querySelector('[data-mode=separate]').click()")
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
    page.wait(HELD)
    found += violations(page, "working")
    page.key("c")
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"nothing of a sound")
    page.choose("#file", broken)
    page.wait("!document.querySelector('#recording-trouble').hidden")
    found += violations(page, "broken")
    assert found == []
