from __future__ import annotations

import torch

from unweave.separators.film import Film


def test_it_shifts_channels_and_nothing_else():
    film = Film(3, 2)
    with torch.no_grad():
        film.shift.weight.copy_(torch.tensor([[1.0, 0.0, 2.0], [0.0, -1.0, 0.0]]))
        film.shift.bias.copy_(torch.tensor([0.5, 0.0]))
    condition = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    for shape in ((2, 2), (2, 2, 5), (2, 2, 4, 5)):
        x = torch.randn(shape)
        change = film(x, condition) - x
        expected = torch.tensor([[7.5, -2.0], [0.5, 0.0]]).reshape(2, 2, *[1] * (len(shape) - 2)).expand(shape)
        torch.testing.assert_close(change, expected, atol=1e-5, rtol=1e-5)
