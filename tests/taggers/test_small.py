import torch

from unweave.taggers.small import SmallTagger


def tagger(**arguments):
    torch.manual_seed(0)
    return SmallTagger(5, widths=(4, 4, 8, 8, 8), **arguments).eval()


def burst(level):
    wave = torch.randn(1, 32000, generator=torch.Generator().manual_seed(0))
    wave[:, 16000:] *= 0.1
    return wave / wave.abs().max() * level


def test_a_relative_tagger_hears_a_recording_alike_at_any_gain():
    relative, absolute = tagger(relative=True), tagger()
    loud, quiet = relative(burst(1.0)), relative(burst(0.001))  # 60 dB down
    assert torch.allclose(loud.frames, quiet.frames, atol=1e-5)
    assert not torch.allclose(absolute(burst(1.0)).frames, absolute(burst(0.001)).frames, atol=1e-5)


def test_what_is_all_but_silent_is_not_blown_up():
    relative = tagger(relative=True)
    hiss, silence = relative(burst(1e-7)), relative(torch.zeros(1, 32000))
    assert torch.allclose(hiss.frames, silence.frames, atol=1e-3)
    assert not torch.allclose(hiss.frames, relative(burst(1.0)).frames, atol=1e-3)
