from __future__ import annotations

import pytest
import torch

from unweave.taggers.panns import ConvBlock, Panns


@pytest.fixture(scope="module")
def small() -> Panns:
    torch.manual_seed(0)
    return Panns([4, 8, 16], kernel=3, convolutions=2, pools=2, classes=5).eval()


def test_block_sizes():
    block = ConvBlock(1, 6, kernel=5, convolutions=3, pool=2)
    assert block(torch.zeros(2, 1, 9, 8)).shape == (2, 6, 4, 4)
    assert sum(isinstance(layer, torch.nn.Conv2d) for layer in block.layers) == 3


def test_only_the_first_blocks_pool(small):
    assert [block.pool for block in small.blocks] == [2, 2, 1]
    assert small.features(torch.zeros(1, 320 * 15)).shape == (1, 16, 4)


def test_a_short_input_is_continued_with_silence(small):
    short = torch.randn(1, 100, generator=torch.Generator().manual_seed(1))
    padded = torch.cat([short, torch.zeros(1, 3 * 320 - 100)], dim=1)
    torch.testing.assert_close(small(short).clip, small(padded).clip)


def test_time_is_pooled_by_maximum_and_mean(small):
    """Said twice, a sound keeps its maximum and mean over time, up to what happens at the join."""
    sound = torch.randn(1, 32000, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(small(sound).clip, small(torch.cat([sound, sound], dim=1)).clip, atol=5e-3, rtol=0)


def test_dropout_works_in_training_only(small):
    waveform = torch.randn(1, 16000)
    torch.testing.assert_close(small(waveform).clip, small(waveform).clip)
    small.train()
    try:
        assert not torch.equal(small(waveform).clip, small(waveform).clip)
    finally:
        small.eval()
