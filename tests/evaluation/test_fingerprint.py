import dataclasses

import torch
from tiny import tiny_model

from unweave.conditions.soft import Soft
from unweave.evaluation.fingerprint import model_fingerprint


def test_a_model_is_known_by_its_parts_weights_and_settings_and_not_by_its_name():
    model = tiny_model()
    own = model_fingerprint(model)
    assert model_fingerprint(tiny_model()) == own
    model.settings = dataclasses.replace(model.settings, name="another")
    assert model_fingerprint(model) == own
    found = {own}
    model.settings = dataclasses.replace(model.settings, prominence=0.5)
    found.add(model_fingerprint(model))
    for hint in (0.25, 0.5):  # said by an argument; the weights are alike
        model.condition = Soft(model.condition.dim, normalise=True, hint=hint)
        model.spec = {**model.spec, "condition": {"name": "soft", "arguments": {"hint": hint}}}
        found.add(model_fingerprint(model))
    with torch.no_grad():
        model.condition.alike[0, 1] = True
    found.add(model_fingerprint(model))
    assert len(found) == 5
