import numpy as np
import torch

from unweave.conditions.embedding import Embedding
from unweave.conditions.soft import Soft
from unweave.ontology import Ontology
from unweave.taggers.base import Tags
from unweave.training.asking import KINDS, Asker

ONTOLOGY = Ontology()
NAMES = ("Dog", "Bark", "Meow", "Rain", "Speech", "Animal", "Domestic animals, pets")
DOG, BARK, MEOW, RAIN, SPEECH, ANIMAL, PETS = (ONTOLOGY.find(name).index for name in NAMES)
K = len(ONTOLOGY.labels)


class Hears:
    """A tagger that hears a class as loud as the waveform's mean, and keeps what it was given."""

    classes = K

    def __init__(self) -> None:
        self.heard: list[torch.Tensor] = []

    def __call__(self, waveform):
        self.heard.append(waveform)
        clip = torch.full((len(waveform), K), 0.01)
        clip[:, BARK] = 0.5
        return Tags(clip, None, torch.ones(len(waveform), 4))


def holding(*classes):
    out = np.zeros(K, bool)
    out[list(classes)] = True
    return out


def ask(kind, classes, others, target=None, condition=None, tagger=None, known=(DOG, BARK, RAIN, SPEECH)):
    known = np.bincount(known, minlength=K).astype(np.float32)
    shares = {one: float(one == kind) for one in KINDS}
    asker = Asker(tagger or Hears(), condition or Soft(normalise=True), ONTOLOGY, shares, known)
    number = len(classes)
    target = torch.ones(number, 8) if target is None else target
    holds = np.stack([holding(key) if key >= 0 else holding() for key in classes])
    row = np.zeros(number, np.int64)
    rng = np.random.default_rng(0)
    return asker.ask(2 * torch.ones(1, 8), row, target, np.array(classes), holds, np.stack(others), rng)


def test_a_name_is_that_of_the_class_or_of_one_above_it_that_no_other_source_is():
    seen = set()
    for others in (holding(RAIN), holding(DOG)):
        _, told = ask("named", [BARK] * 200, [others] * 200)
        assert (told.sum(1) == 1).all()
        asked = set(told.argmax(1).tolist())
        above = {node.index for node in ONTOLOGY.ancestors(BARK) if node.index is not None}
        assert BARK in asked and asked <= {BARK} | above
        assert (DOG in asked) == (not others[DOG])
        seen |= asked
    assert len(seen) > 2


def test_a_name_above_is_not_asked_for_where_another_source_is_below_it():
    _, told = ask("named", [BARK] * 200, [holding(MEOW)] * 200)
    asked = set(told.argmax(1).tolist())
    assert {BARK, DOG} <= asked and ANIMAL not in asked and PETS not in asked


def test_what_is_absent_is_known_and_silent_and_nothing_that_is_there_could_be_it():
    """Where a dog barks no animal is absent; where an animal is heard, nobody knows that it is no dog."""
    known = (ANIMAL, DOG, BARK, RAIN, SPEECH)
    for there in (BARK, DOG, ANIMAL):
        target, told = ask("absent", [there] * 100, [holding(RAIN)] * 100, known=known)
        assert not target.any()
        assert set(told.argmax(1).tolist()) == {SPEECH}
    _, told = ask("absent", [RAIN] * 100, [holding(SPEECH)] * 100, known=known)
    assert set(told.argmax(1).tolist()) == {ANIMAL, DOG, BARK}


def test_a_class_is_asked_for_in_vain_as_often_as_it_is_known():
    """A name that is mostly asked for where it is not is learnt to be silence (docs/experiments.md)."""
    _, told = ask("absent", [SPEECH] * 2000, [holding()] * 2000, known=(RAIN, DOG, DOG, DOG))
    assert set(told.argmax(1).tolist()) == {RAIN, DOG}
    assert 0.72 < (told.argmax(1) == DOG).float().mean() < 0.78


def test_silence_without_a_class_is_asked_for_as_something_absent():
    _, told = ask("named", [-1] * 50, [holding(BARK)] * 50, torch.zeros(50, 8))
    assert set(told.argmax(1).tolist()) == {RAIN, SPEECH}


def test_a_node_is_told_by_what_is_heard_of_it_in_the_mixture_unless_the_others_are_under_it_too():
    tagger = Hears()
    target, told = ask("node", [BARK] * 50, [holding(RAIN)] * 50, tagger=tagger)
    assert target.all() and (tagger.heard[0] == 2).all()
    assert torch.allclose(told.amax(1), torch.ones(50)) and (told[:, BARK] > 0).all()
    under = np.zeros(K, bool)
    under[ONTOLOGY.descendants(ONTOLOGY.find("Animal").mid)] = True
    assert any(set(np.flatnonzero(row)) <= set(np.flatnonzero(under)) for row in told.numpy())
    everything = np.ones(K, bool)
    everything[BARK] = False
    _, told = ask("node", [BARK] * 5, [everything] * 5)
    assert (told.sum(1) == 1).all() and (told[:, BARK] == 1).all()


def test_soft_is_what_the_tagger_hears_in_the_target_and_what_clips_without_a_class_are_told_by():
    for kind, classes in (("soft", [BARK]), ("named", [-1])):
        tagger = Hears()
        _, told = ask(kind, classes, [holding(RAIN)], tagger=tagger)
        assert (tagger.heard[0] == 1).all() and told[0, BARK] == 1 and 0 < told[0, RAIN] < 0.1


def test_silence_is_asked_for_by_name():
    target, told = ask("soft", [BARK, RAIN], [holding(RAIN), holding(BARK)], torch.zeros(2, 8))
    assert not target.any() and (told.sum(1) == 1).all()


def test_a_condition_that_cannot_be_asked_by_class_is_told_softly():
    _, told = ask("soft", [BARK, RAIN], [holding(RAIN), holding(BARK)], condition=Embedding(4))
    assert told.shape == (2, 4)


def test_a_name_with_hints_is_told_what_is_heard_in_the_mixture():
    """As who asks by name is answered later: the hints are of the mixture, where the target is one of several."""
    condition, tagger = Soft(normalise=True, hint=0.5), Hears()
    condition.alike[[DOG, RAIN], BARK] = True  # barks are heard in both; nothing sounds like speech
    target = torch.zeros(3, 8)
    target[:] = torch.tensor([1.0, 2.0, 3.0])[:, None]
    _, told = ask("named", [DOG, RAIN, SPEECH], [holding(DOG, RAIN, SPEECH)] * 3, target, condition, tagger)
    assert torch.equal(tagger.heard[-1], 2 * torch.ones(3, 8)), "the mixture of each"
    asked = torch.tensor([DOG, RAIN, SPEECH])
    assert torch.equal(told[torch.arange(3), asked], torch.ones(3))
    assert told[:, BARK].tolist() == [0.5, 0.5, 0.0] and (told > 0).sum(1).tolist() == [2, 2, 1]
