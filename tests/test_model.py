from __future__ import annotations

import pytest
import torch
from tiny import RATE, TinySeparator, TinyTagger, bands, tiny_model, tones

from unweave.conditions.soft import Soft
from unweave.errors import ModelFileError, UnweaveError
from unweave.model import Model
from unweave.settings import ModelSettings


def test_anchor_steers_the_separator() -> None:
    model = tiny_model()
    mixture = torch.from_numpy(tones(1, spans={0: (0, 1), 2: (0, 1)}))[None]
    anchor = torch.from_numpy(tones(1, spans={2: (0, 1)}))
    torch.testing.assert_close(model(mixture, anchor)[0], anchor, atol=1e-3, rtol=0)
    assert model.sample_rate == RATE and len(model.labels) == 527 and model.labels[74] == "Dog"
    assert bands(anchor).sum(1).sub(anchor).abs().max() < 1e-5


def test_parts_that_do_not_fit_are_refused() -> None:
    fast = TinySeparator()
    fast.sample_rate = 2 * RATE
    with pytest.raises(UnweaveError, match="sample rate"):
        Model(TinyTagger(), Soft(), fast)
    with pytest.raises(UnweaveError, match="agree"):
        Model(TinyTagger(), Soft(dim=3), TinySeparator())
    few = TinyTagger()
    few.classes = 3
    with pytest.raises(UnweaveError, match="3 classes"):
        Model(few, Soft(), TinySeparator())


def test_published_behaviour_can_be_asked_for() -> None:
    model = tiny_model()
    published = model.published()
    assert published.tagger is model.tagger and published.separator is model.separator
    assert (published.settings.segment_seconds, published.settings.overlap_seconds) == (2.0, 0.0)
    assert published.settings.tree and published.settings.threshold == published.settings.class_gate == 0.2
    assert model.settings.overlap_seconds == 0.25


@pytest.mark.parametrize(
    "values", [{"segment_seconds": 0}, {"overlap_seconds": 1.5}, {"threshold": 2}, {"nonsense": 1}, {"threshold": "a"}]
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ModelFileError):
        ModelSettings.from_plain(values)


def test_settings_survive_json() -> None:
    settings = ModelSettings(known=(1, 2), class_thresholds=(0.5,) * 527)
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in settings.to_plain().items()}
    assert ModelSettings.from_plain(plain) == settings
