import copy

import numpy as np
import pytest
import torch

from unweave.data.specaugment import draw_stripes
from unweave.taggers.small import SmallTagger
from unweave.training.augmented import AugmentedTagger


@pytest.fixture
def net():
    torch.manual_seed(0)
    return AugmentedTagger(SmallTagger(3, widths=(4, 4, 4, 4, 4), dropout=0.0))


def heard(net, call):
    """What the network's first layer gets in a call."""
    got = []
    hook = net.tagger.norm.register_forward_pre_hook(lambda _, inputs: got.append(inputs[0].transpose(1, 2)))
    call()
    hook.remove()
    return got[0]


WAVE = torch.randn(2, 16000, generator=torch.Generator().manual_seed(0))
STRIPES = torch.tensor([[[[0.0, 0.5]] * 2, [[0.5, 0.25]] * 2]] * 2)


def test_stripes_hide_in_training_only(net):
    plain = net.tagger.mel(WAVE)
    hidden = heard(net.train(), lambda: net(WAVE, None, STRIPES))
    changed = (hidden != plain).any(0)
    assert changed[: len(changed) // 2].all() and changed[:, 32:48].all()
    assert not changed[len(changed) // 2 + 1 :, :32].any()
    assert torch.equal(heard(net.eval(), lambda: net(WAVE, torch.tensor([0.5, 0.5]), STRIPES)), plain)


def test_spectrograms_are_mixed_with_the_clip_before(net):
    mel = net.tagger.mel(WAVE)
    mixed = heard(net.train(), lambda: net(WAVE, torch.tensor([0.75, 1.0])))
    assert torch.allclose(mixed[0], 0.75 * mel[0] + 0.25 * mel[1], atol=1e-4)
    assert torch.equal(mixed[1], mel[1])


def test_nothing_is_left_on_the_tagger(net):
    names = set(net.tagger.state_dict())
    net.train()(WAVE, torch.ones(2), STRIPES)
    with pytest.raises(RuntimeError):
        net(WAVE, torch.ones(5), STRIPES)  # a call that fails midway too
    assert not net.tagger.mel._forward_hooks and set(net.tagger.state_dict()) == names
    assert torch.equal(net.tagger.train()(WAVE).clip, net(WAVE))


def test_a_copy_augments_by_itself(net):
    twin = copy.deepcopy(net).train()
    stripes = torch.stack([draw_stripes(np.random.default_rng(0))] * 2)
    assert torch.equal(twin(WAVE, None, stripes), net.train()(WAVE, None, stripes))
