import pytest
import torch

from unweave.conditions.joint import Joint
from unweave.errors import UnweaveError
from unweave.taggers import Tags


def heard(rows: int = 400) -> Tags:
    return Tags(torch.full((rows, 3), 0.5), None, torch.ones(rows, 2))


def test_prediction_and_embedding_stand_side_by_side():
    joint = Joint(3, 2).eval()
    assert joint.dim == 5 and joint(heard(1)).tolist() == [[0.5, 0.5, 0.5, 1.0, 1.0]]


def test_while_it_learns_each_half_is_left_out_as_often_and_never_both():
    torch.manual_seed(0)
    rows = Joint(3, 2, drop=0.25).train()(heard())
    no_prediction, no_embedding = (rows[:, :3] == 0).all(1), (rows[:, 3:] == 0).all(1)
    assert not (no_prediction & no_embedding).any()
    for share in (no_prediction.float().mean(), no_embedding.float().mean()):
        assert 0.18 < share < 0.32
    assert torch.equal(Joint(3, 2, drop=0.0).train()(heard()), Joint(3, 2).eval()(heard()))


def test_asked_by_class_it_has_the_probabilities_of_the_class_and_no_embedding():
    """What it has been shown in training, so that a class needs no example."""
    mask = torch.tensor([False, True, True])
    vector = Joint(3, 2).eval().from_classes(torch.tensor([[0.1, 0.2, 0.3]]), mask)
    assert vector.tolist() == [[0.0, pytest.approx(0.2), pytest.approx(0.3), 0.0, 0.0]] and Joint.by_class


def test_a_share_that_would_leave_nothing_is_refused():
    with pytest.raises(UnweaveError, match=r"0 to 0\.5 of all cases, not 0\.6"):
        Joint(3, 2, drop=0.6)
