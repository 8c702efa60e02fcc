"""As many rows at once as there is memory for, in the precision that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from parts import tiny_separator
from tiny import RATE, TinySeparator, TinyTagger, tiny_model, tones
from torch import Tensor

from unweave.errors import UnweaveError
from unweave.inference import batches as module
from unweave.inference.batches import Batches, rows_that_fit
from unweave.model import Model
from unweave.separators.base import Encoding


class Narrow:
    """Has memory for so many rows, and for no more."""

    def __init__(self, most: int, message: str = "out of memory") -> None:
        self.most, self.message, self.given = most, message, list[int]()

    def take(self, rows: int) -> None:
        self.given.append(rows)
        if rows > self.most:
            raise torch.cuda.OutOfMemoryError(self.message)


def narrow_model(most: int) -> tuple[Model, Narrow]:
    """A model that fills a device of its own: batches are not shared out over the cores."""
    model, memory = tiny_model(), Narrow(most)
    separator, tagger = model.separator, model.tagger
    assert isinstance(separator, TinySeparator) and isinstance(tagger, TinyTagger)
    encode, decode, hear = separator.encode, separator.decode, tagger.forward

    def count_encode(mixture: Tensor) -> Encoding:
        memory.take(len(mixture))
        return encode(mixture)

    def count_decode(encoding: Encoding, condition: Tensor) -> Tensor:
        memory.take(len(condition))
        return decode(encoding, condition)

    def count_hear(waveform: Tensor) -> object:
        memory.take(len(waveform))
        return hear(waveform)

    separator.encode, separator.decode, tagger.forward = count_encode, count_decode, count_hear  # type: ignore
    separator.rows_per_core = tagger.rows_per_core = 0
    return model, memory


@pytest.mark.parametrize("most", [1, 3, 7])
def test_out_of_memory_halves_the_batch_and_goes_on(most: int) -> None:
    x = tones(7, spans={0: (0, 7), 1: (1, 5), 3: (2, 7)}) * np.array([[1], [0.5]], np.float32)
    model, memory = narrow_model(most)
    expected = tiny_model().separate(x, RATE, classes=["Speech", "Dog", "Rain"])
    tracks = model.separate(x, RATE, classes=["Speech", "Dog", "Rain"], batch=16)
    for track, other in zip(tracks, expected, strict=True):
        assert np.abs(track.audio - other.audio).max() < 1e-6
    tried = [rows for rows in memory.given if rows > most]
    # Once a size was too large it is not tried again; tagging and separating each learn it for themselves.
    assert 1 <= len(tried) <= 2 * 4 and max(memory.given) <= 16
    assert 2 * max(rows for rows in memory.given if rows <= most) >= most


@pytest.mark.parametrize(
    ("rows", "sizes"), [(0, []), (1, [1]), (2, [1, 1]), (6, [3, 3]), (7, [4, 3]), (10, [4, 4, 2]), (16, [4, 4, 4, 4])]
)
def test_a_core_takes_as_many_rows_as_it_may_and_leaves_none_to_a_core_that_waits(rows: int, sizes: list[int]) -> None:
    given: list[tuple[int, int]] = []
    with Batches(tiny_model()) as batches:
        batches.cores.workers = 2
        batches.run(lambda start, end: given.append((start, end)), rows, 4)
    assert [end - start for start, end in sorted(given)] == sizes
    assert [row for start, end in sorted(given) for row in range(start, end)] == list(range(rows))


def test_too_little_memory_for_one_row_is_a_sentence() -> None:
    model, _ = narrow_model(0)
    with pytest.raises(UnweaveError, match="too little memory.*--device cpu"):
        model.separate(tones(2), RATE, classes="Speech")


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    def work(start: int, end: int) -> None:
        raise RuntimeError("shapes do not fit")

    with Batches(tiny_model(), 8) as batches, pytest.raises(RuntimeError, match="shapes"):
        batches.run(work, 8, per_core=0)


@pytest.mark.parametrize(("per_core", "size"), [(0, 3), (1, 3), (2, 3)])
def test_every_row_is_done_once_without_a_graph(per_core: int, size: int) -> None:
    done: list[int] = []

    def work(start: int, end: int) -> None:
        assert torch.is_inference_mode_enabled() and end - start <= (per_core or size)
        done.extend(range(start, end))

    with Batches(tiny_model(), size) as batches:
        batches.run(work, 8, per_core)
    assert sorted(done) == list(range(8))


@pytest.mark.parametrize(("turns", "last"), [("300000", 1), ("3000", 2)])
def test_the_odd_row_has_all_cores_where_threads_wait_briefly(
    turns: str, last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, inside = torch.get_num_threads(), dict[int, int]()
    monkeypatch.setenv("GOMP_SPINCOUNT", turns)
    torch.set_num_threads(2)
    try:
        with Batches(tiny_model()) as batches:
            batches.run(lambda start, end: inside.update({start: torch.get_num_threads()}), 5, 1)
    finally:
        torch.set_num_threads(before)
    assert inside == {0: 1, 1: 1, 2: 1, 3: 1, 4: last}


@pytest.mark.parametrize("name", ["small", "resunet30", "unet", "openunmix", "convtasnet"])
def test_half_precision_is_near(name: str) -> None:
    separator = tiny_separator(name, 5).eval()
    mixture, condition = 0.1 * torch.randn(2, 3200), torch.eye(2, 5)
    sources: list[Tensor] = []
    for precision in (torch.float32, torch.bfloat16):
        model = tiny_model()
        model.precision = precision
        with Batches(model) as batches:
            batches.run(lambda start, end: sources.append(separator(mixture[:, None], condition).float()), 1, 1)
    exact, near = sources
    assert near.dtype == torch.float32 and torch.isfinite(near).all()
    assert 0 < (near - exact).square().sum() < 0.01 * exact.square().sum()


def test_precision_outlives_the_published_settings() -> None:
    model = tiny_model()
    model.precision = torch.bfloat16
    assert model.published().precision == torch.bfloat16


@pytest.mark.parametrize(
    ("free", "used", "rows", "expected"),
    [(1000, 100, 1, 6), (1000, 100, 2, 12), (10, 100, 1, 1), (10**12, 100, 2, module.MOST_ROWS), (1000, 0, 2, 256)],
)
def test_rows_that_fit_fill_a_part_of_what_is_free(free: int, used: int, rows: int, expected: int) -> None:
    assert rows_that_fit(free, used, rows) == expected


def test_a_gpu_is_asked_what_its_memory_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model()
    for name, value in {
        "empty_cache": None,
        "reset_peak_memory_stats": None,
        "memory_allocated": 50,
        "max_memory_allocated": 50 + 2 * 100,
        "mem_get_info": (2000, 4000),
    }.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, value=value: value)
    assert module._rows_for(model) == 12
    assert model.separator.encoded == 2
