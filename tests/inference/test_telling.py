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


def test_a_name_comes_with_a_hint_at_all_that_is_heard_there() -> None:
    heard = torch.zeros(2, 527)
    heard[0, 74], heard[0, INDEXES[2]], heard[1, 0] = 0.1, 0.4, 0.8
    for hint in (0.0, 0.3):
        model = tiny_model(hint=hint, known=(0, 74, INDEXES[2]))
        told = ClassesTelling(mask(0), 0).condition(model, heard)
        expected = torch.zeros(2, 527)
        expected[:, 0], expected[0, 74], expected[0, INDEXES[2]] = 1, hint / 4, hint
        torch.testing.assert_close(told, expected)
        group = ClassesTelling(mask(0, 74)).condition(model, heard)
        assert not group[:, INDEXES[2]].any(), "a group of classes is told as it is heard, and nothing else"
    told = ClassesTelling(mask(0), 0).condition(tiny_model(hint=1.0, known=(0,)), heard)
    assert not told[:, 1:].any(), "what was not learnt is never told"


def test_equal_tellings_have_equal_keys_and_others_have_not() -> None:
    vector = torch.ones(4)
    tellings = [ClassesTelling(mask(0)), ClassesTelling(mask(0), 0), ClassesTelling(mask(74)), VectorTelling(vector)]
    assert len({telling.key() for telling in tellings}) == 4
    assert ClassesTelling(mask(0)).key() == tellings[0].key()


def test_a_vector_says_the_same_everywhere() -> None:
    told = VectorTelling(torch.arange(4.0)).condition(tiny_model(), torch.rand(3, 527))
    assert torch.equal(told, torch.arange(4.0).expand(3, 4))
