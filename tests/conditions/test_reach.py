from __future__ import annotations

import torch
from torch import nn

from unweave.conditions.reach import freeze_unreached, reached


def test_only_weights_on_a_path_to_the_output_are_found() -> None:
    used, detached, unused = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)
    x = torch.ones(1, 2)
    out = used(used(x)) + detached(x).detach()
    assert reached(out) == {id(used.weight), id(used.bias)}
    assert reached(x) == reached((out > 0).float()) == set()
    net = nn.ModuleList([used, detached, unused])
    used.bias.requires_grad_(False)
    freeze_unreached(net, used(x))
    assert [name for name, weight in net.named_parameters() if weight.requires_grad] == ["0.weight"]
