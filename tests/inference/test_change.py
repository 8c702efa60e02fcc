"""A recording with sounds louder, softer or gone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import RATE, tiny_model, tones

from unweave.errors import UnweaveError

SPANS = {0: (0, 4), 1: (1, 3), 2: (2, 4.5), 3: (3.5, 5)}  # speech, a dog, a siren, rain


def recording() -> np.ndarray:
    mono = tones(5, spans=SPANS)
    return np.concatenate([mono, 0.5 * mono])


def alone(*bands: int) -> np.ndarray:
    mono = tones(5, spans={band: SPANS[band] for band in bands})
    return np.concatenate([mono, 0.5 * mono])


def sdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(truth**2) / np.sum((truth - estimate) ** 2)))


WHATS: list[Any] = ["Dog", ["Dog", "Siren"], ["Animal", "Rain"], "1.2-1.9", (1.2, 1.9)]


@pytest.mark.parametrize("what", WHATS, ids=str)
def test_what_is_removed_and_what_is_kept_add_up_to_the_recording(what: Any) -> None:
    model, x = tiny_model(), recording()
    removed = model.remix(x, RATE, remove=what)
    kept = model.remix(x, RATE, keep=what)
    assert removed.audio.shape == kept.audio.shape == x.shape and removed.sample_rate == RATE
    assert np.abs(removed.audio + kept.audio - x).max() < 1e-6
    assert np.abs(kept.audio).max() > 0.05


def test_a_sound_is_gone_and_the_others_are_not() -> None:
    model, x = tiny_model(), recording()
    rest = alone(0, 2, 3)
    assert sdr(rest, model.remix(x, RATE, remove="Dog").audio) > sdr(rest, x) + 8
    assert sdr(alone(1), model.remix(x, RATE, keep="Dog").audio) > sdr(alone(1), x) + 8


@pytest.mark.parametrize("asked", [{"remove": "Dog"}, {"keep": "Dog"}, {"gain": {"Dog": 6}}], ids=str)
def test_a_strength_blends_a_change_with_the_recording(asked: dict[str, Any]) -> None:
    model, x = tiny_model(), recording()
    whole = model.remix(x, RATE, **asked).audio
    assert np.abs(whole - x).max() > 0.05
    for strength in (0.25, 0.7):
        blended = model.remix(x, RATE, **asked, strength=strength).audio
        assert np.abs(blended - (strength * whole + (1 - strength) * x)).max() < 1e-6
    assert np.array_equal(model.remix(x, RATE, **asked, strength=0).audio, x)
    with pytest.raises(UnweaveError, match="strength"):
        model.remix(x, RATE, **asked, strength=2)


def test_what_is_taken_out_is_the_track() -> None:
    model, x = tiny_model(), recording()
    track, rest = model.separate(x, RATE, classes="Siren")
    assert np.array_equal(model.remix(x, RATE, remove="Siren").audio, rest.audio)
    assert np.array_equal(model.remix(x, RATE, keep="Siren").audio, track.audio)
    softer = model.remix(x, RATE, gain={"Siren": -6}).audio
    assert np.abs(softer - (x + (10 ** (-6 / 20) - 1) * track.audio)).max() < 1e-6
    gone = model.remix(x, RATE, gain="Siren=-inf").audio
    assert np.array_equal(gone, rest.audio)


@pytest.mark.parametrize(("start", "end"), [(1.25, 2.0), ("0:02", None), (None, 2.5), (None, None)])
@pytest.mark.parametrize("kind", ["remove", "keep"])
def test_only_a_part_is_heard_and_changed(kind: str, start: Any, end: Any) -> None:
    model, x = tiny_model(), recording()
    first, last = round(2 * RATE) if start == "0:02" else round((start or 0) * RATE), round((end or 5) * RATE)
    given = model.remix(x, RATE, **{kind: "Dog"}, start=start, end=end).audio
    assert given.shape == x.shape
    assert np.array_equal(given[:, :first], x[:, :first]) and np.array_equal(given[:, last:], x[:, last:])
    assert np.array_equal(given[:, first:last], model.remix(x[:, first:last], RATE, **{kind: "Dog"}).audio)


def test_a_sound_and_everything_but_it_are_two() -> None:
    model, x = tiny_model(), recording()
    speech = model.separate(x, RATE, classes="Speech")[0].audio
    given = model.remix(x, RATE, gain={"Speech": -20, "everything but the speech": 6}).audio
    assert np.abs(given - 10 ** (-1) * speech - 10 ** (6 / 20) * (x - speech)).max() < 1e-5


def test_a_gain_of_nothing_changes_not_one_bit() -> None:
    x = recording() + np.random.default_rng(0).normal(0, 1e-4, recording().shape).astype(np.float32)
    model = tiny_model()
    assert np.array_equal(model.remix(x, RATE, gain={"Dog": 0, "1-2": 0.0}).audio, x)
    assert model.separator.encoded == 0, "what stays as loud as all the rest needs no separator"


def test_where_it_is_not_heard_nothing_is_taken_out() -> None:
    x = recording()
    removed = tiny_model().remix(x, RATE, remove="Dog").audio
    end = round(4.2 * RATE)  # the last dog is at 3 s, and a segment has 1 s
    assert np.array_equal(removed[:, end:], x[:, end:])


def test_one_sound_by_two_names_is_taken_out_once() -> None:
    model, x = tiny_model(), recording()
    once = model.remix(x, RATE, remove="Dog").audio
    assert np.array_equal(model.remix(x, RATE, remove=["Dog", "dogs", "/m/0bt9lr"]).audio, once)
    with pytest.raises(UnweaveError, match="same sound"):
        model.remix(x, RATE, gain=["Dog=-3", "dogs=3"])
