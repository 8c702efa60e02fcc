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


def test_equal_tellings_have_equal_keys_and_others_have_not() -> None:
    vector = torch.ones(4)
    tellings = [ClassesTelling(mask(0)), ClassesTelling(mask(0), 0), ClassesTelling(mask(74)), VectorTelling(vector)]
    assert len({telling.key() for telling in tellings}) == 4
    assert ClassesTelling(mask(0)).key() == tellings[0].key()


def test_a_vector_says_the_same_everywhere() -> None:
    told = VectorTelling(torch.arange(4.0)).condition(tiny_model(), torch.rand(3, 527))
    assert torch.equal(told, torch.arange(4.0).expand(3, 4))
