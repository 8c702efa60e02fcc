from __future__ import annotations

import numpy as np
import torch
from tiny import INDEXES, tiny_model

from unweave.inference.telling import ClassesTelling, VectorTelling


def mask(*indexes: int) -> np.ndarray:
    out = np.zeros(527, bool)
    out[list(indexes)] = True
    return out


def test_classes_tell_what_was_heard_of_them() -> None:
    heard = torch.rand(3, 527)
    told = ClassesTelling(mask(0, 74)).condition(tiny_model(normalise=False), heard)
    assert told.shape == (3, 527) and not told[:, INDEXES[2]].any()
    torch.testing.assert_close(told[:, [0, 74]], heard[:, [0, 74]])


def test_a_name_comes_with_a_hint_at_what_is_heard_in_its_place() -> None:
    """The less surely the class itself is heard, the more; a class above or below it counts as itself."""
    dog, bark, siren = 74, 75, INDEXES[2]
    heard = torch.zeros(4, 527)
    heard[0, siren] = heard[1, siren] = heard[2, siren] = heard[3, dog] = 0.4
    heard[1, dog], heard[2, bark] = 0.1, 0.3
    told = ClassesTelling(mask(dog), dog).condition(tiny_model(hint=0.5, known=(0, dog, bark, siren)), heard)
    assert (told[:, dog] == 1).all()
    torch.testing.assert_close(told[:, siren], 0.5 * torch.tensor([1.0, 0.75, 0.25, 0.0]))
    assert not ClassesTelling(mask(0, dog)).condition(tiny_model(hint=0.5), heard)[:, siren].any(), "no name, no hint"


def test_a_hint_tells_nothing_that_was_not_learnt_and_none_leaves_the_name_alone() -> None:
    heard, dog = torch.rand(3, 527), 74
    name = torch.nn.functional.one_hot(torch.full((3,), dog), 527).float()
    for model in (tiny_model(hint=1.0, known=(dog,)), tiny_model(hint=0.0)):
        torch.testing.assert_close(ClassesTelling(mask(dog), dog).condition(model, heard), name)
    silent = ClassesTelling(mask(dog), dog).condition(tiny_model(hint=1.0), torch.zeros(3, 527))
    torch.testing.assert_close(silent, name)


def test_equal_tellings_have_equal_keys_and_others_have_not() -> None:
    vector = torch.ones(4)
    tellings = [ClassesTelling(mask(0)), ClassesTelling(mask(0), 0), ClassesTelling(mask(74)), VectorTelling(vector)]
    assert len({telling.key() for telling in tellings}) == 4
    assert ClassesTelling(mask(0)).key() == tellings[0].key()


def test_a_vector_says_the_same_everywhere() -> None:
    told = VectorTelling(torch.arange(4.0)).condition(tiny_model(), torch.rand(3, 527))
    assert torch.equal(told, torch.arange(4.0).expand(3, 4))
