import torch

from unweave.separators.attention import Attention
from unweave.separators.small import SmallSeparator


def awake(rows=4):
    torch.manual_seed(0)
    layer = Attention(8, 2, rows)
    torch.nn.init.normal_(layer.answer.weight)
    return layer.eval()


def test_it_starts_as_nothing():
    x = torch.randn(2, 8, 4, 5)
    assert torch.equal(Attention(8, 2, 4)(x), x)


def test_every_position_hears_all_others_and_rows_are_not_alike():
    layer, x = awake(), torch.randn(1, 8, 4, 5)
    changed = x.clone()
    changed[0, :, 3, 4] += torch.randn(8)
    assert ((layer(changed) - layer(x))[0].abs().amax(0) > 1e-6).all()
    turned = layer(x.flip(2)).flip(2)
    assert not torch.allclose(turned, layer(x), atol=1e-3)


def test_what_is_heard_does_not_depend_on_when():
    layer, x = awake(), torch.randn(1, 8, 4, 5)
    assert torch.allclose(layer(x.roll(2, 3)), layer(x).roll(2, 3), atol=1e-5)


def test_a_deep_encoder_with_attention_learns_every_weight_and_keeps_the_names_of_a_plain_one():
    plain = SmallSeparator(condition_dim=3, widths=(4, 4, 8), hidden=8)
    deep = SmallSeparator(condition_dim=3, widths=(4, 4, 8), hidden=8, deep=2, attention=2)
    assert set(plain.state_dict()) < set(deep.state_dict())
    out = deep.train()(torch.randn(2, 1, 16000), torch.eye(3)[:2])
    out.square().mean().backward()
    assert all(p.grad is not None for p in deep.parameters())
