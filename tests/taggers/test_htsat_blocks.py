from __future__ import annotations

import pytest
import torch

from unweave.taggers.htsat_blocks import (
    DropPath,
    PatchMerging,
    SwinBlock,
    from_windows,
    relative_positions,
    shift_mask,
    to_windows,
)


def test_windows_there_and_back():
    image = torch.randn(2, 12, 12, 3)
    windows = to_windows(image, 4)
    assert windows.shape == (18, 16, 3)
    torch.testing.assert_close(windows[1], image[0, :4, 4:8].reshape(16, 3))
    torch.testing.assert_close(from_windows(windows, 4, 12), image)


def test_relative_positions_depend_on_the_difference_alone():
    positions = relative_positions(3)
    assert positions.shape == (9, 9)
    assert positions.min() == 0
    assert positions.max() == 24
    assert positions.unique().numel() == 25
    assert (positions.diagonal() == 12).all()
    assert positions[0, 4] == positions[4, 8] != positions[4, 0]


def test_the_mask_parts_what_the_roll_brought_together():
    mask = shift_mask(8, 4, 2)
    assert mask.shape == (4, 16, 16)
    assert (mask[0] == 0).all()  # inside the image nothing is parted
    assert set(mask.unique().tolist()) == {-100.0, 0.0}
    # The last window is four quarters from four corners of the image.
    assert (mask[3] == 0).sum() == 4 * 4 * 4
    torch.testing.assert_close(mask, mask.transpose(1, 2))


def test_windows_do_not_hear_each_other_unless_shifted():
    torch.manual_seed(0)
    image = torch.randn(1, 8, 8, 8)
    changed = image.clone()
    changed[0, 0, 0, 0] += 1.0
    for shifted, others_hear in ((False, False), (True, True)):
        block = SwinBlock(8, heads=2, side=8, size=4, shifted=shifted, drop_path=0.0).eval()
        with torch.no_grad():
            change = (block(changed) - block(image)).abs().sum(dim=-1)[0]
        assert change[0, 1] > 1e-6
        assert change[:4, 4:].max() == 0  # a far window never
        assert (change[2, 2] == 0) == others_hear  # in the first window, but in another one once it is shifted


def test_an_image_of_one_window_is_not_shifted():
    block = SwinBlock(8, heads=2, side=4, size=8, shifted=True, drop_path=0.0)
    assert block.shift == 0
    assert block.size == 4
    assert block(torch.randn(2, 4, 4, 8)).shape == (2, 4, 4, 8)


def test_merging_takes_neighbours_column_by_column():
    merge = PatchMerging(1)
    with torch.no_grad():
        merge.reduction.weight.copy_(torch.eye(4)[:2])
        merge.norm = torch.nn.Identity()
    image = torch.arange(16.0).reshape(1, 4, 4, 1)
    assert merge(image)[0, 0, 0].tolist() == [0.0, 4.0]


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_drop_path_keeps_the_mean(rate):
    torch.manual_seed(0)
    drop = DropPath(rate)
    x = torch.ones(4000, 2, 2)
    assert drop.train()(x).mean().item() == pytest.approx(1.0, abs=0.05)
    assert set(drop(x).unique().tolist()) == ({1.0} if rate == 0 else {0.0, 2.0})
    assert torch.equal(drop.eval()(x), x)
