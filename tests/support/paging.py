"""What tests do with the page in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from chromium import Page

from unweave.app.service import Service
from unweave.audio.io import read_audio

APP = "const {player, store, actions} = await import('/static/js/app.js');"
FOUND = "document.querySelectorAll('.found-row').length && document.querySelector('#waveform div')"
TONES = (440, 1100, 2000)  # Hz: speech, a dog and a siren to the tiny model
HELD = "document.querySelector('#work [role=progressbar]')?.getAttribute('aria-valuenow') > 0"


def app(page: Page, script: str) -> Any:
    """The value of an expression that knows the page's player and state."""
    return page.run(f"(async () => {{ {APP} return {script} }})()")


def until(page: Page, script: str) -> None:
    """Wait for such an expression to be true."""
    page.wait(f"(async () => {{ {APP} return {script} }})()", script)


def names(page: Page, selector: str) -> list[str]:
    """The texts of elements."""
    return list(page.run(f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent)"))


def put(page: Page, selector: str, value: str, event: str = "input") -> None:
    """Give a field a value, as if somebody had typed or chosen it."""
    field = f"document.querySelector({json.dumps(selector)})"
    page.run(f"(() => {{ {field}.value = {json.dumps(value)}; {field}.dispatchEvent(new Event('{event}')) }})()")


def bring(page: Page, file: Path) -> Page:
    """Choose a file, and wait until what sounds in it is there."""
    page.choose("#file", file)
    page.wait(f"document.querySelector('#recording-title').textContent === {json.dumps(file.name)} && {FOUND}")
    return page


def separated(page: Page) -> dict[str, Any]:
    """Press the button; the job that came of it."""
    before = app(page, "store.now.session.jobs.length")
    page.click("#separate")
    until(page, f"store.now.session.jobs.length > {before} && store.now.session.jobs.at(-1).state !== 'waiting'")
    until(page, "!['waiting', 'running'].includes(store.now.session.jobs.at(-1).state)")
    job: dict[str, Any] = app(page, "store.now.session.jobs.at(-1)")
    assert job["state"] == "done", job["error"]
    page.wait("document.querySelectorAll('.track').length")
    return job


def mark(page: Page, start: float, end: float) -> None:
    """Drag over the waveform, from one share of its width to another."""
    where = "document.querySelector('#waveform').getBoundingClientRect()"
    x, y, width = page.run(f"(() => {{ const b = {where}; return [b.x, b.y, b.width] }})()")
    page.drag((x + width * start, y + 40), (x + width * end, y + 40))


def downloaded(page: Page, folder: Path, ending: str) -> Path:
    """The file that came, once it is whole."""
    while not (found := [path for path in folder.glob(f"*{ending}") if path.stat().st_size]):
        page.run("new Promise((go) => setTimeout(go, 30))")
    return found[0]


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


def levels(file: Path, start: float, end: float) -> list[float]:
    """Amplitudes of speech, dog and siren in a sound, from a time to another."""
    sound, rate = read_audio(file)
    part = sound[0, round(start * rate) : round(end * rate)]
    spectrum = np.abs(np.fft.rfft(part)) * 2 / len(part)
    return [float(spectrum[round(hertz * len(part) / rate)]) for hertz in TONES]


def track_levels(
    server: tuple[Service, str], job: dict[str, Any], name: str, group: str, start: float, end: float
) -> list[float]:
    """The same of a track, as it lies on the server."""
    owner = next(one for one in server[0].visitors.every() if job["id"] in one.jobs)
    there = owner.jobs[job["id"]]
    (track,) = [one for one in there.tracks if (one["name"], one["group"]) == (name, group)]
    return levels(there.results / track["file"], start, end)
