import pytest
import torch

from unweave.errors import UnweaveError
from unweave.pretrained.parts import load_part
from unweave.pretrained.saving import save


def test_the_tagger_of_the_model_in_the_box():
    tagger, spec = load_part("tagger", "small")
    assert spec["name"] == "two-ears"
    assert tagger.classes == 527


def test_parts_of_a_folder_come_back_with_their_weights(tmp_path):
    from tiny import tiny_model

    model = tiny_model()
    with torch.no_grad():
        model.tagger.weight += 0.25
    save(model, tmp_path / "model")
    tagger, spec = load_part("detector", tmp_path / "model")
    assert spec == model.spec["tagger"] and torch.equal(tagger.weight, model.tagger.weight)
    separator, _ = load_part("separator", str(tmp_path / "model"))
    assert type(separator) is type(model.separator)


@pytest.mark.parametrize("source", ["nowhere/at/all", "nothing.pth", "smal"])
def test_what_is_not_there_is_said(source):
    with pytest.raises(UnweaveError, match="There (is|are) no"):
        load_part("tagger", source)
