import torch

from unweave.taggers.yamnet import BANDS, FEATURES, FRAMES, HIGHEST, LOWEST, YamnetBody, yamnet_bands


def test_patches_are_heard_one_by_one():
    torch.manual_seed(0)
    body, patches = YamnetBody().eval(), torch.randn(3, FRAMES, BANDS)
    with torch.inference_mode():
        together, alone = body.of_patches(patches), body.of_patches(patches[1:2])
    assert together.shape == (3, FEATURES)
    assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_bands_are_triangles_between_the_outer_feet():
    spacing = 31.25
    bands = yamnet_bands(257, spacing)
    hz = torch.arange(257) * spacing
    assert bands.shape == (257, BANDS) and 0 <= bands.min() and bands.max() <= 1
    assert not bands[(hz <= LOWEST) | (hz >= HIGHEST)].any()
    # Of two neighbours one falls as the other rises, so that between the outermost tops every bin counts once.
    tops = hz[bands[:, [0, -1]].argmax(0)]
    assert torch.allclose(bands[(hz > tops[0] + 100) & (hz < tops[1] - 100)].sum(1), torch.ones(()), atol=1e-5)
    # HTK's scale: 1000 Hz are 1000 mels, to within a thousandth.
    middle = bands[int(1000 / spacing)].argmax()
    assert abs(float(hz[bands[:, middle].argmax()]) - 1000) <= 100
