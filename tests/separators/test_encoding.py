import pytest
import torch

from unweave.separators.base import Encoding


@pytest.mark.parametrize("index", [[0, 0, 1, 1, 2, 2], [0, 1, 2], [2, 0, 0], [1], [0, 1, 2, 0, 1, 2]])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_rows_are_those_asked_for_in_their_layout_and_all_that_ask_teach(index, layout):
    maps = torch.randn(3, 4, 5, 6).to(memory_format=layout).requires_grad_()
    flat = torch.randn(3, 7).requires_grad_()
    rows = Encoding({"maps": maps, "flat": flat}, 100).rows(torch.tensor(index))
    assert rows.length == 100
    assert torch.equal(rows.tensors["maps"], maps[index]) and torch.equal(rows.tensors["flat"], flat[index])
    assert rows.tensors["maps"].is_contiguous(memory_format=layout)
    (rows.tensors["maps"].sum() + rows.tensors["flat"].sum()).backward()
    asked = torch.bincount(torch.tensor(index), minlength=3).float()
    assert torch.equal(maps.grad, asked[:, None, None, None].expand(3, 4, 5, 6))
    assert torch.equal(flat.grad, asked[:, None].expand(3, 7))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_rows_that_lie_side_by_side_are_joined_without_a_copy_and_others_with_one(layout: torch.memory_format) -> None:
    x = torch.randn(4, 3, 5, 2).to(memory_format=layout)
    tensors = {"x": x, "transposed": x[:, :, :, 0].transpose(1, 2)}
    rows = Encoding(tensors, 9).split()
    for order in ([0, 1, 2, 3], [1, 2], [2, 1], [0, 0, 1], [3, 0], [0, 2]):
        joined = Encoding.join([rows[i] for i in order]).tensors
        assert all(torch.equal(joined[name], whole[order]) for name, whole in tensors.items())
        copied = joined["x"].untyped_storage().data_ptr() != x.untyped_storage().data_ptr()
        assert copied == (order not in ([0, 1, 2, 3], [1, 2]))
    other = Encoding({"x": torch.randn(1, 3, 5, 2), "transposed": torch.randn(1, 5, 3)}, 9)
    assert torch.equal(Encoding.join([rows[0], other]).tensors["x"][1:], other.tensors["x"])
