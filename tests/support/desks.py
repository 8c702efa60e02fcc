"""What the page that takes recordings apart in the browser holds: tracks as its visitors save them."""

from __future__ import annotations

import base64
import io

import numpy as np
import soundfile
from chromium import Page


def saved(page: Page, desk: str) -> tuple[dict[str, np.ndarray], int]:
    """Tracks of a desk, (C, T) each, by the names of the command line; and their rate."""
    rows = f"[...document.querySelectorAll('{desk} .tracks li')]"
    # The button gives a blob to a link: that is taken here in place of a folder of downloads.
    page.run(
        "window.kept = []; URL.createObjectURL = (blob) => { window.kept.push(blob); return 'data:,' };"
        f"{rows}.forEach((row) => row.querySelector('.tools button:last-child').click())"
    )
    found, rate = {}, 0
    for number, name in enumerate(page.run(f"{rows}.map((row) => row.querySelector('strong').textContent)")):
        data = page.run(
            "new Promise((done) => { const reader = new FileReader(); reader.onload = () => done(reader.result);"
            f" reader.readAsDataURL(window.kept[{number}]) }})"
        )
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data.partition(",")[2])), dtype="float32")
        found["residual" if name == "Everything else" else name] = samples.T
    return found, rate
