"""Cut and put together again: nothing is lost, whatever the lengths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.audio.blocks import OverlapAdd, Splitter, crossfade_window, segment_starts
from unweave.errors import UnweaveError


def noise(channels: int, samples: int) -> np.ndarray:
    return np.random.default_rng(samples).standard_normal((channels, samples)).astype(np.float32)


def segments_of(x: np.ndarray, length: int, hop: int, block: int) -> list[np.ndarray]:
    splitter = Splitter(length, hop)
    found = [s for start in range(0, x.shape[1], block) for s in splitter.push(x[:, start : start + block])]
    return found + splitter.finish()


lengths = st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n // 2)))


@settings(deadline=None, max_examples=300)
@given(lengths, st.integers(1, 300), st.integers(1, 120), st.integers(1, 6), st.sampled_from(["cosine", "linear"]))
def test_split_and_overlap_add_give_back_the_very_same_samples(
    sizes: tuple[int, int], total: int, block: int, channels: int, shape: str
) -> None:
    length, overlap = sizes
    x = noise(channels, total)
    joiner = OverlapAdd(length, overlap, shape)  # type: ignore[arg-type]
    parts = [joiner.add(s) for s in segments_of(x, length, length - overlap, block)]
    assert sum(p.shape[1] for p in parts) <= total
    np.testing.assert_array_equal(np.concatenate([*parts, joiner.finish(total)], axis=1), x)


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))), st.integers(1, 300))
def test_segments_lie_where_segment_starts_says_and_are_padded_with_zeros(sizes: tuple[int, int], total: int) -> None:
    length, hop = sizes
    x = noise(2, total)
    starts = segment_starts(total, length, hop)
    padded = np.pad(x, ((0, 0), (0, length)))
    for block in (1, 7, total):
        found = segments_of(x, length, hop, block)
        assert len(found) == len(starts)
        for start, segment in zip(starts, found, strict=True):
            np.testing.assert_array_equal(segment, padded[:, start : start + length])
    assert starts[-1] + length >= total
    assert len(starts) == 1 or starts[-2] + length < total


@pytest.mark.parametrize("total", [1, 3, 9, 12, 14])
def test_beyond_the_end_a_mirrored_splitter_hears_the_sound_backwards(total: int) -> None:
    splitter, x = Splitter(10, 7, mirrored=True), noise(2, total)
    *_, last = [*splitter.push(x), *splitter.finish()]
    rest = x[:, segment_starts(total, 10, 7)[-1] :]
    there = rest.shape[1]
    np.testing.assert_array_equal(last[:, :there], rest)
    beyond = last[:, there : 2 * there]
    np.testing.assert_array_equal(beyond, rest[:, ::-1][:, : beyond.shape[1]])


@pytest.mark.parametrize("shape", ["cosine", "linear"])
@pytest.mark.parametrize(("length", "overlap"), [(10, 0), (10, 1), (11, 5), (10, 5), (1, 0)])
def test_windows_of_neighbours_sum_to_one(length: int, overlap: int, shape: str) -> None:
    window = crossfade_window(length, overlap, shape)  # type: ignore[arg-type]
    hop = length - overlap
    total = np.zeros(hop * 5 + overlap)
    for k in range(5):
        total[k * hop : k * hop + length] += window
    np.testing.assert_allclose(total[overlap : hop * 5], 1.0, atol=1e-6)
    assert np.all(window > 0)
    assert np.all(np.diff(window[:overlap]) > 0)


def test_overlap_add_weighs_neighbours_by_the_window_and_leaves_the_ends_alone() -> None:
    length, overlap, hop = 12, 4, 8
    rng = np.random.default_rng(0)
    segments = [rng.standard_normal((1, length)).astype(np.float32) for _ in range(4)]
    total = 3 * hop + length
    joiner = OverlapAdd(length, overlap)
    got = np.concatenate([*[joiner.add(s) for s in segments], joiner.finish(total)], axis=1)
    want = np.zeros((1, total))
    for k, segment in enumerate(segments):
        window = crossfade_window(length, overlap).copy()
        if k == 0:
            window[:overlap] = 1
        if k == 3:
            window[-overlap:] = 1
        want[:, k * hop : k * hop + length] += segment * window
    np.testing.assert_allclose(got, want, atol=1e-6)


def test_none_is_a_segment_of_zeros() -> None:
    x = noise(2, 6 * 12)
    segments = [None, x[:, :12], None, None, x[:, 12:24], x[:, 24:36], None]
    zeros = np.zeros((2, 12), dtype=np.float32)
    total = 6 * 9 + 12 - 2
    with_none, with_zeros = OverlapAdd(12, 3, channels=2), OverlapAdd(12, 3)
    a = [with_none.add(s) for s in segments] + [with_none.finish(total)]
    b = [with_zeros.add(zeros if s is None else s) for s in segments] + [with_zeros.finish(total)]
    np.testing.assert_array_equal(np.concatenate(a, axis=1), np.concatenate(b, axis=1))


def test_what_goes_in_is_not_changed_by_what_comes_out() -> None:
    segment = noise(1, 8)
    kept = segment.copy()
    joiner = OverlapAdd(8, 4)
    for _ in range(3):
        joiner.add(segment)[:] = 9
    joiner.finish(16)[:] = 9
    np.testing.assert_array_equal(segment, kept)


def test_a_long_stream_is_not_kept() -> None:
    splitter = Splitter(100, 75)
    for _ in range(50):
        splitter.push(noise(1, 1000))
        assert sum(b.shape[1] for b in splitter._held) < 100


@pytest.mark.parametrize(
    "make",
    [
        lambda: OverlapAdd(10, 6),
        lambda: OverlapAdd(10, -1),
        lambda: OverlapAdd(0, 0),
        lambda: Splitter(10, 0),
        lambda: Splitter(10, 11),
        lambda: crossfade_window(4, 2, "square"),  # type: ignore[arg-type]
        lambda: OverlapAdd(10, 2).add(None),
        lambda: OverlapAdd(10, 2).add(noise(1, 9)),
    ],
)
def test_lengths_that_make_no_sense_are_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnweaveError):
        make()


def test_a_total_that_does_not_fit_the_segments_is_refused() -> None:
    joiner = OverlapAdd(10, 2)
    joiner.add(noise(1, 10))
    with pytest.raises(UnweaveError, match="not 11"):
        joiner.finish(11)
