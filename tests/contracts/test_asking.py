"""What every registered way of asking promises: alone, with another one, in memory and block by block."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import soundfile as sf
import torch
from shipped import shipped
from tiny import RATE, TinySeparator, tiny_model, tones

from unweave.asking import Way, all_ways, asked, ways
from unweave.cli.main import run
from unweave.errors import UnweaveError
from unweave.inference.hear import check, hear, prepare
from unweave.inference.options import Options
from unweave.inference.recording import ArrayRecording
from unweave.model import Model

# Something to ask of the recording below, in each way.
GIVEN: dict[str, Any] = {
    "level": 2,
    "class": ["Dog", "Rain"],
    "example": "bell.wav",
    "span": ["4.5-5", (1.5, 2.5)],  # two stretches: the rain, then speech and the dog
    "words": "a dog",
    "unwanted": ["4.2-4.9", "Siren", "bell.wav"],  # what sounds like the rain or like the example
}
SPEAKS = {"words"}  # these say how they were understood
NAMES = shipped(ways)
UNASKED = next(name for name in NAMES if cast("type[Way]", ways.builder(name)).unasked() is not None)


def recording() -> np.ndarray:
    """Speech, a dog from 1 s on, rain at the end; two channels."""
    mono = tones(5, spans={0: (0, 4), 1: (1, 3), 3: (3.5, 5)})
    return np.concatenate([mono, 0.5 * mono])


@pytest.fixture(autouse=True)
def bell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example, where it is looked for."""
    monkeypatch.chdir(tmp_path)
    sf.write("bell.wav", tones(1, spans={2: (0, 1)}).T, RATE)


def way(name: str) -> type[Way]:
    return cast("type[Way]", ways.builder(name))


def given(*names: str) -> dict[str, Any]:
    assert set(names) <= set(GIVEN), "say in GIVEN what the recording can be asked"
    return {way(name).look.argument: GIVEN[name] for name in names}


def test_looks_do_not_clash() -> None:
    looks = [way(name).look for name in NAMES]
    for field in ("option", "argument", "place"):
        values = [getattr(look, field) for look in looks]
        assert len(set(values)) == len(values), field
    settings = [look.setting for look in looks if look.setting is not None]
    assert len(set(settings)) == len(settings)
    assert [one.look.place for one in all_ways()] == sorted(one.look.place for one in all_ways())


def test_one_way_answers_where_nothing_is_asked() -> None:
    assert [name for name in NAMES if way(name).unasked() is not None] == [UNASKED]
    assert asked({}) == asked(dict.fromkeys(one.look.argument for one in all_ways()))


@pytest.mark.parametrize("name", NAMES)
def test_everybody_can_see_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    look = way(name).look
    assert look.argument.isidentifier() and look.help[0].isupper() and look.help[-1] == "."
    assert run(["separate", "--help"]) == 0
    assert f"{look.option} {look.metavar}" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_not_asked(name: str) -> None:
    assert way(name).of(None) is None and way(name).of([]) is None


@pytest.mark.parametrize("name", NAMES)
def test_nonsense_is_refused_in_a_sentence(name: str) -> None:
    for nonsense in (None, True, 1.5, {}):
        with pytest.raises(UnweaveError):
            way(name).of([nonsense])


@pytest.mark.parametrize("name", NAMES)
def test_model_that_cannot_answer_is_refused_before_any_work(name: str) -> None:
    deaf = Model(None, None, TinySeparator())
    wish = way(name).of(GIVEN[name])
    assert wish is not None
    with pytest.raises(UnweaveError, match=deaf.name):
        wish.check(deaf)
    said = wish.check(tiny_model())
    assert all(sentence[-1] == "." and "\n" not in sentence for sentence in said) and bool(said) == (name in SPEAKS)
    assert all(path.exists() for path in wish.files)


@pytest.mark.parametrize("name", NAMES)
def test_requests_tell_something_somewhere(name: str) -> None:
    model, sound = tiny_model(), ArrayRecording(recording(), RATE)
    options = Options(asked(given(name)))
    check(model, options)
    rounds = []
    for _ in range(2):  # what is asked serves any number of recordings
        tags, groups = hear(model, sound, options, prepare(model, sound, options), None)
        heard = torch.from_numpy(tags.clip)
        for group in groups:
            files = [request.file.casefold() for request in group.requests]
            assert len(set(files)) == len(files) and "residual" not in files
            for request in group.requests:
                assert request.activity.shape == (len(tags.clip),) and request.activity.dtype == bool
                assert request.telling.condition(model, heard).shape == (len(heard), 527)
                hash(request.key())
        rounds.append([(group.name, [request.name for request in group.requests]) for group in groups])
    assert rounds[0] == rounds[1] and any(names for _, names in rounds[0])


@pytest.mark.parametrize("names", [*((name,) for name in NAMES), *itertools.combinations(NAMES, 2)], ids="+".join)
def test_alone_and_in_pairs_in_memory_and_in_files(names: tuple[str, ...], tmp_path: Path) -> None:
    x = recording()
    sf.write(tmp_path / "x.wav", x.T, RATE, subtype="FLOAT")
    tracks = tiny_model().separate(x, RATE, **given(*names))
    report = tiny_model().separate_file(tmp_path / "x.wav", tmp_path / "out", **given(*names))
    assert [track.name for track in tracks] == [track.name for track in report.tracks]
    rest = x.copy()
    for track, written in zip(tracks, report.tracks, strict=True):
        samples, _ = sf.read(report.folder / written.file, dtype="float32", always_2d=True)
        assert np.abs(samples.T - track.audio).max() < 1e-5
        rest -= track.audio
        if track.name == "residual":  # every group adds up to the recording
            assert np.abs(rest).max() < 1e-5
            rest = x.copy()
    # What only takes away leaves names and groups as they are.
    wanting = [name for name in names if way(name).wants] or [UNASKED]
    alone = [
        one for name in wanting for one in tiny_model().separate(x, RATE, **(given(name) if name in names else {}))
    ]
    assert {track.name for track in alone} == {track.name for track in tracks} and len(alone) == len(tracks)
    settings = json.loads((report.folder / "tracks.json").read_text("utf-8"))["settings"]
    for name in NAMES:
        setting = way(name).look.setting
        assert setting is None or bool(settings[setting]) == (name in {*names, *wanting})
