from __future__ import annotations

import pytest
import torch

from unweave.taggers.htsat import HtsAt


@pytest.fixture(scope="module")
def small() -> HtsAt:
    torch.manual_seed(0)
    return HtsAt(dim=8, depths=(1, 1, 2, 1), heads=(1, 2, 2, 4), classes=5).eval()


def test_folding_stacks_quarters_of_time(small):
    frames = torch.arange(1024.0)[None, :, None].expand(1, 1024, 64)
    bands = torch.arange(64.0)[None, None].expand(1, 1024, 64)
    time, band = small.fold(frames)[0], small.fold(bands)[0]
    assert time.shape == (256, 256)
    for quarter in range(4):
        rows = slice(64 * quarter, 64 * quarter + 64)
        torch.testing.assert_close(time[rows], (256.0 * quarter + torch.arange(256.0)).expand(64, 256))
        torch.testing.assert_close(band[rows], torch.arange(64.0)[:, None].expand(64, 256))


def test_unfolding_puts_time_in_order(small):
    tokens = torch.arange(64.0).reshape(1, 8, 8, 1)
    row = small.unfold(tokens)[0, 0]
    assert row.shape == (2, 32)
    # Rows 0 and 1 are the frequencies of the first quarter of time, rows 2 and 3 of the second, and so on.
    assert row[0].tolist() == [16.0 * quarter + step for quarter in range(4) for step in range(8)]
    assert row[1].tolist() == [16.0 * quarter + 8 + step for quarter in range(4) for step in range(8)]


def test_a_short_input_is_repeated(small):
    short = torch.randn(1, 64000, generator=torch.Generator().manual_seed(0))
    once, five = small(short), small(short.repeat(1, 5))
    torch.testing.assert_close(once.clip, five.clip)
    torch.testing.assert_close(once.frames, five.frames[:, : once.frames.shape[1]])
    assert once.frames.shape[1] == 205  # 2 s at 102.4 frames a second


def test_a_long_input_is_averaged_over_chunks(small):
    generator = torch.Generator().manual_seed(1)
    first, second = torch.randn(1, 320000, generator=generator), 0.01 * torch.randn(1, 320000, generator=generator)
    both, one, two = small(torch.cat([first, second], dim=1)), small(first), small(second)
    torch.testing.assert_close(both.clip, (one.clip + two.clip) / 2)
    torch.testing.assert_close(both.embedding, (one.embedding + two.embedding) / 2)
    torch.testing.assert_close(both.frames, torch.cat([one.frames, two.frames], dim=1))


def test_the_last_chunk_ends_with_the_input(small):
    waveform = torch.randn(1, 400000, generator=torch.Generator().manual_seed(2))
    tags, last = small(waveform), small(waveform[:, -320000:])
    assert tags.frames.shape[1] == 1280  # 12.5 s
    torch.testing.assert_close(tags.frames[:, 1024:], last.frames[:, -256:])
