import pytest
import torch

from unweave.taggers.small import SmallTagger
from unweave.taggers.two_ears import APART, TwoEars
from unweave.taggers.yamnet import FEATURES, FRAMES


@pytest.fixture(scope="module")
def tagger():
    torch.manual_seed(0)
    tagger = TwoEars(5, widths=(4, 4, 8, 8, 8), hidden=16).eval()
    for layer in tagger.other.layers:  # what is learnt keeps the size of what it hears; what is drawn does not
        torch.nn.init.kaiming_normal_(layer.weight)
    tagger.say.weight.data.normal_()
    tagger.head.weight.data.normal_()
    return tagger


def burst(level=1.0):
    wave = torch.randn(1, 64000, generator=torch.Generator().manual_seed(0))
    wave[:, 16000:] *= 0.1
    return wave / wave.abs().max() * level


def test_both_ears_say_what_sounds_and_a_separator_is_told_between_the_small_one_and_both(tagger):
    with torch.inference_mode():
        tags = tagger(burst())
        logits = tagger.logits_of_mel(tagger.mel(burst()))[0]
        other = tags.frames.logit() - tagger.share * logits
    own, both = torch.sigmoid(logits), tags.frames
    small = SmallTagger.pool(own)
    assert torch.allclose(tags.told, (small + tags.clip) / 2) and not torch.allclose(small, tags.clip, atol=1e-3)
    assert own.shape == both.shape and other.abs().mean() > 0.01
    assert (other[:, 0] - other[:, -1]).abs().max() > 1e-3  # and the other ear says when, too


def test_gain_does_not_matter(tagger):
    with torch.inference_mode():
        assert torch.allclose(tagger(burst()).frames, tagger(burst(0.001)).frames, atol=1e-4)
        hiss, silence = tagger(burst(1e-8)), tagger(torch.zeros(1, 64000))
    assert torch.allclose(hiss.frames, silence.frames, atol=1e-3)


@pytest.mark.parametrize("frames", [1, FRAMES, FRAMES + 1, FRAMES + APART + 1, 201, 500])
def test_patches_cover_the_whole_waveform(tagger, frames, monkeypatch):
    seen = []
    monkeypatch.setattr(tagger.other, "of_patches", lambda x: seen.append(x) or torch.zeros(len(x), FEATURES))
    powers = torch.full((2, frames, 513), 1e-3)
    powers[:, -1] = 1.0
    tagger._patches(powers, torch.zeros(2, 1, 1))
    patches = seen[0].unflatten(0, (2, -1))
    assert patches.shape[1] == 1 + -(-max(0, frames - FRAMES) // APART)
    last = patches[0, -1, min(frames, FRAMES) - 1]
    assert last.mean() > patches[0, 0, 0].mean() or frames == 1  # the last frame is the last one of the last patch


def test_what_powers_say_is_what_the_waveform_says(tagger):
    with torch.inference_mode():
        tags, again = tagger(burst()), tagger.tags(tagger.mel.powers(burst()))
    assert torch.equal(tags.frames, again.frames) and torch.equal(tags.told, again.told)
