from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unweave.inference.envelope import Envelope, Spectrum
from unweave.inference.events import Event
from unweave.inference.overview import MOST_ROWS, Row, _choose, draw_overview, left_out, scaled


def row(name: str, group: str) -> Row:
    envelope = Envelope(800, columns=50)
    envelope.add(np.random.default_rng(0).standard_normal((1, 800)).astype(np.float32))
    return Row(name, group, envelope, [Event(name, "", 0.0, 0.05, 0.5)])


def test_every_group_keeps_its_first_tracks_and_its_residual() -> None:
    sizes = {"level-1": 3, "level-2": 12, "level-3": 40}
    rows = [row(f"{g} {i}", g) for g, n in sizes.items() for i in range(n)]
    rows = [
        Row("residual", r.group, r.envelope, ()) if r.name == f"{r.group} {sizes[r.group] - 1}" else r for r in rows
    ]
    chosen = _choose(rows)
    assert len(chosen) <= MOST_ROWS and [r.name for r in chosen if r.group == "level-1"][-1] == "residual"
    for group in sizes:
        names = [r.name for r in chosen if r.group == group]
        assert names[0] == f"{group} 0" and names[-1] == "residual" and len(names) >= 3
    assert [r.group for r in chosen] == sorted(r.group for r in chosen)
    assert _choose(rows[:10]) == rows[:10]


@pytest.mark.parametrize("names", [[], ["Dog"], ["$x$ 犬 _{", "residual"]])
def test_picture_is_drawn_for_any_names(tmp_path: Path, names: list[str]) -> None:
    mixture, spectrum = Envelope(1), Spectrum(1, 8000)
    mixture.add(np.ones((1, 1), np.float32))
    spectrum.add(np.ones((1, 1), np.float32))
    path = tmp_path / "o.png"
    draw_overview(path, "a$b$.wav", 1 / 8000, mixture, spectrum, 8000, [row(name, "level-1") for name in names])
    assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5000


def test_rows_have_one_scale_on_which_quiet_ones_are_seen() -> None:
    loud, quiet = np.array([-0.5, 0.0, 0.5], np.float32), np.array([-0.005, 0.0, 0.005], np.float32)
    assert np.allclose(scaled(loud, 0.5), [-1, 0, 1])
    assert np.allclose(scaled(quiet, 0.5), [-1 / 3, 0, 1 / 3], atol=1e-3)
    assert not scaled(quiet * 1e-4, 0.5).any()


def test_what_is_not_drawn_is_said() -> None:
    rows = [row(f"sound {i}", "level-1") for i in range(MOST_ROWS + 5)]
    assert left_out(rows, _choose(rows)) == "5 more tracks are not drawn: sound 15, sound 16, sound 17, ..."
    assert left_out(rows[:3], rows[:3]) == ""


def test_all_rows_are_drawn_on_the_scale_of_the_recording_and_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure

    from unweave.inference import overview

    scales, told = [], []
    monkeypatch.setattr(overview, "scaled", lambda samples, loudest: scales.append(loudest) or scaled(samples, loudest))
    monkeypatch.setattr(Figure, "text", lambda self, x, y, text, **_: told.append(text))
    mixture, spectrum = Envelope(800, columns=50), Spectrum(800, 8000)
    mixture.add(np.full((1, 800), 0.5, np.float32))
    spectrum.add(np.full((1, 800), 0.5, np.float32))
    rows = [row(f"sound {i}", "level-1") for i in range(MOST_ROWS + 2)]
    draw_overview(tmp_path / "o.png", "street", 0.1, mixture, spectrum, 8000, rows)
    assert set(scales) == {0.5} and len(scales) == 2 * (1 + MOST_ROWS)
    assert told == ["street", "2 more tracks are not drawn: sound 15, sound 16"]
