"""Samples of other programs: of every type, either way round, and none that are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny import RATE, tiny_model, tones

import unweave
from unweave.errors import UnweaveError
from unweave.inference.samples import rate_of, samples_of

WHOLE = tones(1.0, spans={0: (0, 1), 1: (0.5, 1)})


@pytest.mark.parametrize(
    ("kind", "full", "silence"),
    [("i2", 2**15, 0), (">i2", 2**15, 0), ("i4", 2**31, 0), (">i4", 2**31, 0), ("i1", 128, 0), ("u1", 128, 128)],
)
def test_whole_numbers_are_brought_to_full_scale(kind: str, full: int, silence: int) -> None:
    array = np.round(WHOLE.astype(np.float64) * full + silence).astype(kind)
    assert np.abs(samples_of(array) - WHOLE).max() <= 0.51 / full + 1e-7
    ends = np.array([np.iinfo(kind).min, np.iinfo(kind).max], kind)
    assert -1.0 == samples_of(ends)[0, 0] and 1 - 1 / full == pytest.approx(samples_of(ends)[0, 1])
    model = tiny_model()
    made = [
        model.separate(audio, RATE, classes=["Speech"])
        for audio in (WHOLE, array, torch.tensor(array.astype(array.dtype.newbyteorder("="))))
    ]
    for one, other in zip(made[0], made[1], strict=True):
        np.testing.assert_allclose(one.audio, other.audio, atol=1.01 / full)
    np.testing.assert_array_equal(made[1][0].audio, made[2][0].audio)


@pytest.mark.parametrize(
    "kind", ["f2", "f4", "f8", ">f4", ">f8", "bfloat16", "list", "fortran", "stepped", "read-only", "gradient"]
)
def test_floating_point_is_taken_as_it_is(kind: str) -> None:
    made: dict[str, Any] = {
        "bfloat16": torch.tensor(WHOLE).bfloat16(),
        "list": WHOLE.tolist(),
        "fortran": np.asfortranarray(WHOLE),
        "stepped": np.repeat(WHOLE, 2, axis=1)[:, ::2],
        "read-only": WHOLE.view(),
        "gradient": torch.tensor(WHOLE, requires_grad=True),
    }
    audio = made[kind] if kind in made else WHOLE.astype(kind)
    if kind == "read-only":
        audio.setflags(write=False)
    np.testing.assert_allclose(samples_of(audio), WHOLE, atol=2e-3 if kind in ("f2", "bfloat16") else 1e-7)
    assert len(tiny_model().separate(audio, RATE, classes=["Speech"])) == 2


def test_what_is_given_is_never_changed() -> None:
    audio = WHOLE.copy()
    audio[0, 5] = np.nan
    before = audio.copy()
    tracks = tiny_model().separate(audio, RATE, classes=["Speech"])
    for track in tracks:
        track.audio[:] = 7
    np.testing.assert_array_equal(audio, before)


@pytest.mark.parametrize("shape", [(48_000, 2), (48_000, 1), (300, 64), (9, 2), (5000, 6)])
def test_channels_and_time_swapped_is_said(shape: tuple[int, int]) -> None:
    with pytest.raises(UnweaveError, match=r"looks like \(T, C\).*audio\.T"):
        tiny_model().separate(np.zeros(shape, np.float32), RATE)


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (8, 2), (64, 65), (2, 48_000)])
def test_few_samples_of_several_channels_are_what_they_are(shape: tuple[int, int]) -> None:
    assert samples_of(np.zeros(shape, np.float32)).shape == shape


NONE: dict[str, Any] = {
    "nothing": [],
    "no samples": np.zeros((2, 0)),
    "number": 5,
    "volume": np.zeros((2, 2, 100)),
    "channels": np.zeros((65, 1000)),
    "text": ["a", "b"],
    "ragged": [[1.0], [1.0, 2.0]],
    "complex": np.zeros(100, complex),
    "bool": np.zeros(100, bool),
    "int64": np.zeros(100, np.int64),
    "uint16": np.zeros(100, np.uint16),
    "dates": np.zeros(100, "M8[s]"),
    "bytes": b"RIFF1234WAVE",
    "table": {"a": 1},
    "None": None,
    "objects": np.array([object()] * 100),
    "sparse": torch.eye(3).to_sparse(),
    "complex tensor": torch.zeros(100, dtype=torch.complex64),
    "on paper": torch.zeros(100, device="meta"),
    "huge": np.broadcast_to(np.int64(1), (2**40,)),
}


@pytest.mark.parametrize("what", NONE)
def test_what_is_no_sound_is_refused_in_a_sentence(what: str) -> None:
    for ask in (tiny_model().separate, tiny_model().tag):
        with pytest.raises(UnweaveError) as caught:
            ask(NONE[what], RATE)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "rate", [None, 0, -8000, 99, 2e6, 8000.5, "8000", True, float("nan"), float("inf"), 10**400, [8000]]
)
def test_what_is_no_sample_rate_is_refused(rate: Any) -> None:
    with pytest.raises(UnweaveError):
        tiny_model().tag(WHOLE, rate)


@pytest.mark.parametrize("rate", [np.int64(8000), 8000.0, np.float32(8000), np.uint16(8000)])
def test_a_sample_rate_may_come_as_any_number(rate: Any) -> None:
    assert rate_of(rate) == 8000 and isinstance(rate_of(rate), int)


def test_values_beyond_all_bounds_are_silence_and_the_rest_is_kept() -> None:
    audio = WHOLE.astype(np.float64).copy()
    audio[0, 10:13] = [np.inf, 1e300, np.nan]
    with np.errstate(all="raise"):
        total = np.sum([track.audio for track in tiny_model().separate(audio, RATE, classes=["Speech"])], axis=0)
    np.testing.assert_allclose(total[0, 13:], WHOLE[0, 13:], atol=1e-5)
    assert np.isfinite(total).all() and unweave.UnweaveError is UnweaveError
