import pytest
import torch
from safetensors.torch import save_file

from unweave.data.yamnet import FFT, FRAMES, HOP, PATCH, PATCH_HOP, WINDOW, Yamnet, load_yamnet
from unweave.errors import UnweaveError


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    net = Yamnet(classes=5)
    net.mel.copy_(torch.rand(FFT // 2 + 1, 64))
    return net


def test_every_whole_patch_is_heard_and_hears_its_own_samples_alone(net):
    wave = torch.randn(2, PATCH + 2 * PATCH_HOP + 100)
    scores, features = net(wave)
    assert scores.shape == (2, 3, 5) and features.shape == (2, 3, 1024)
    alone, _ = net(wave[1:, PATCH_HOP : PATCH_HOP + PATCH])
    assert torch.allclose(alone[0, 0], scores[1, 1], atol=1e-5)
    assert WINDOW + HOP * (FRAMES - 1) == PATCH


def test_it_comes_back_from_a_file(net, tmp_path):
    whole = Yamnet()
    save_file(whole.state_dict(), tmp_path / "yamnet.safetensors")
    again = load_yamnet(tmp_path / "yamnet.safetensors")
    wave = torch.randn(1, PATCH)
    assert torch.equal(again(wave)[0], whole(wave)[0])
    save_file(net.state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(UnweaveError, match="cannot be loaded"):
        load_yamnet(tmp_path / "other.safetensors")


def test_what_is_no_teacher_is_refused(tmp_path):
    pytest.importorskip("ai_edge_litert")
    with pytest.raises(UnweaveError, match="There is no teacher"):
        load_yamnet(tmp_path / "away.tflite")
    (tmp_path / "broken.tflite").write_bytes(b"not a model" * 9)
    with pytest.raises(UnweaveError, match="cannot be loaded"):
        load_yamnet(tmp_path / "broken.tflite")
