"""What a recipe's stretches ask for: thresholds of its own for each class, clips that can be mixed, one sample rate."""

import numpy as np
import pytest
import torch
from methods import Ear, planted

from unweave.errors import UnweaveError
from unweave.ontology import Ontology
from unweave.taggers import Tagger, Tags
from unweave.taggers.two_ears import TwoEars
from unweave.training.recipe import Recipe, TagsLearning
from unweave.training.tasks import check_mixable, check_rates, own_thresholds, paper, tagging


class Told(Tagger):
    """Says of each clip what it is told, in the order of their loudness."""

    sample_rate, classes, embedding_dim, frame_rate = 32000, 3, 3, None

    def __init__(self, clip: torch.Tensor) -> None:
        super().__init__()
        self.clip = torch.nn.Parameter(clip, requires_grad=False)

    def forward(self, waveform):
        rank = waveform.abs().amax(1).argsort().argsort()
        return Tags(self.clip[rank], None, self.clip[rank])


def recipe(**mixing) -> Recipe:
    learn = {"how": "paper", "batch": 4, "mining": {"name": "out-clip"}, "mixing": mixing, "loop": {"steps": 1}}
    part = {"name": "small"}
    return Recipe.model_validate(
        {
            "name": "x",
            "folder": "none",
            "data": {"store": "none", "clip_seconds": 2},
            "tagger": {"part": part},
            "condition": {"name": "soft"},
            "separator": {"part": part, "learn": [learn]},
        }
    )


def test_each_class_has_the_threshold_that_tells_its_held_out_clips_from_others():
    store = planted(train=(1, 1, 1), valid=(3, 3, 3))
    loud = np.argsort([np.abs(store.waves[row]).max() for row in store.rows("valid")])
    held = store.targets(store.rows("valid"))[loud]
    # Class 0 is said with 0.9 or 0.7, class 1 with 0.2 or 0.1; of class 2 nothing is known.
    said = np.stack([np.where(held[:, 0], 0.9, 0.7), np.where(held[:, 1], 0.2, 0.1), np.full(len(held), 0.4)], 1)
    thresholds = own_thresholds(Told(torch.from_numpy(said).float()), store, torch.device("cpu"))
    assert 0.7 < thresholds[0] < 0.9 and 0.1 < thresholds[1] < 0.2 and thresholds.shape == (3,)


@pytest.mark.parametrize(("threshold", "shape"), [("classes", (3,)), (0.25, ())])
def test_a_recipe_s_thresholds_reach_the_check(threshold, shape):
    store, asked = planted(train=(3, 3, 3), valid=(2, 2, 2)), recipe(check=True, threshold=threshold)
    net = torch.nn.Module()
    net.query = torch.nn.Module()
    made = paper(asked.separator.learn[0], store, asked, 0)(net, Ear())
    assert np.shape(made.settings.thresholds) == shape and made.settings.check
    assert shape or made.settings.thresholds == 0.25
    assert isinstance(made.detector, Ear)  # it says what anchors hold, though out-clip anchors need none to be found
    asked = recipe()
    assert paper(asked.separator.learn[0], store, asked, 0)(net, Ear()).detector is None


def test_clips_of_which_no_mixture_can_be_made_are_said():
    for counts, by_class, said in (
        ((0, 0, 0), False, "has 0 training clip"),
        ((1, 0, 0), False, "has 1 training clip"),
        ((0, 3, 0), True, r"a single class \(hum\)"),
    ):
        store = planted(train=counts)
        store.path = "stores/mine"
        with pytest.raises(UnweaveError, match=f"stores/mine {said}|stores/mine are of {said}"):
            check_mixable(store, by_class)
    for counts, by_class in (((0, 3, 0), False), ((1, 1, 0), True)):
        check_mixable(planted(train=counts), by_class)


def test_parts_at_another_rate_are_named():
    store, other = planted(train=(1, 1, 1)), Ear()
    store.path = "stores/mine"
    check_rates(store, {"tagger": Ear(), "detector": Ear()})
    other.sample_rate = 16000
    with pytest.raises(UnweaveError, match="have 32000 Hz and the detector works at 16000"):
        check_rates(store, {"tagger": Ear(), "detector": other})


def test_two_ears_do_not_learn_from_tags():
    store = planted(train=(1, 1, 1), valid=(1, 1, 1))
    learning = TagsLearning.model_validate({"how": "tags", "loop": {"steps": 1}})
    ears = TwoEars(3, widths=(4, 4, 4, 4, 4), hidden=4)
    with pytest.raises(UnweaveError, match="let the tagger small learn"):
        tagging(learning, ears, store, Ontology.flat("abc"), recipe(), Ear())
