"""Of what two tellings claim alike, the odds decide; what only one claims stays as it is."""

from __future__ import annotations

import numpy as np
import torch
from tiny import RATE, tiny_model, tones

from unweave.inference.batches import Batches
from unweave.inference.decoding import decode_group
from unweave.inference.less import LessTelling, less
from unweave.inference.telling import ClassesTelling, Telling, VectorTelling
from unweave.model import Model

SPEECH, DOG, RAIN = (tones(1, spans={band: (0, 1)}) for band in (0, 1, 3))
X = SPEECH + DOG + RAIN
EVERYTHING = np.ones((1, 527), np.float32)


def level(x: np.ndarray) -> float:
    return float(np.sqrt(np.square(x[:, RATE // 8 : -RATE // 8]).mean()))


def test_what_nobody_else_claims_stays_as_it_is() -> None:
    assert level(less(X, SPEECH, [DOG], RATE) - SPEECH) < 0.01 * level(SPEECH)
    nothing = np.zeros_like(X)
    assert less(X, SPEECH, [nothing], RATE) is SPEECH and less(X, nothing, [DOG], RATE) is nothing


def test_what_the_unwanted_claims_more_surely_goes_and_the_other_way_round() -> None:
    wanted, unwanted = SPEECH + 0.6 * DOG, 0.3 * SPEECH + 0.97 * DOG
    answer = less(X, wanted, [unwanted], RATE)
    assert level(answer - SPEECH) < 0.1 * level(SPEECH)
    other = less(X, unwanted, [wanted], RATE)
    assert level(other - DOG) < 0.12 * level(DOG)


def test_the_more_is_not_wanted_the_less_is_left_and_never_more_than_there_was() -> None:
    wanted = 0.8 * X
    levels = [level(less(X, wanted, [0.5 * X] * count, RATE)) for count in (1, 2, 5)]
    assert level(wanted) > levels[0] > levels[1] > levels[2] > 0
    # Odds of 4 for it, of 1 against it and of 1 for all else make two thirds of the mixture.
    np.testing.assert_allclose(levels[0], 2 / 3 * level(X), rtol=0.02)


def test_channels_are_each_their_own() -> None:
    x = np.concatenate([SPEECH + DOG, DOG])
    answer = less(x, 0.9 * x, [np.concatenate([0.99 * DOG, np.zeros_like(DOG)])], RATE)
    np.testing.assert_allclose(answer[1], 0.9 * DOG[0], atol=1e-3)
    assert level(answer[:1] - SPEECH) < 0.2 * level(SPEECH)


def test_a_part_that_several_share_is_decoded_once_and_every_answer_is_its_own() -> None:
    model = tiny_model()
    mask = np.zeros(527, bool)
    mask[0] = True
    vector = torch.zeros(527)
    vector[74] = 1
    speech, dog = ClassesTelling(mask), VectorTelling(vector)
    tellings = [speech, dog, LessTelling(speech, (dog,)), LessTelling(dog, (speech,))]
    heard = np.zeros((2, 527), np.float32)
    heard[:, [0, 74]] = 0.5
    active = np.array([[True, True, True, True], [False, False, False, True]])
    with Batches(model) as batches:
        answers = decode_group(model, batches, np.stack([X, X]), heard, tellings, active)
    assert set(answers) == {(0, 0), (0, 1), (0, 2), (0, 3), (1, 3)} and model.separator.decoded == 4 + 3
    assert level(answers[0, 2] - SPEECH) < 0.01 * level(SPEECH) and level(answers[0, 3] - DOG) < 0.01 * level(DOG)
    np.testing.assert_allclose(answers[0, 3], answers[1, 3], atol=1e-6)
    arrays = list(answers.values())
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def test_keys_are_those_of_what_is_told() -> None:
    mask = np.ones(527, bool)
    one, two = ClassesTelling(mask), VectorTelling(torch.ones(527))
    assert LessTelling(one, (two,)).key() == LessTelling(ClassesTelling(mask.copy()), (two,)).key()
    assert len({LessTelling(one, (two,)).key(), LessTelling(two, (one,)).key(), one.key(), two.key()}) == 4


def asks(*indexes: int) -> ClassesTelling:
    mask = np.zeros(527, bool)
    mask[list(indexes)] = True
    return ClassesTelling(mask)


def answer(model: Model, telling: Telling, mixture: np.ndarray) -> np.ndarray:
    with Batches(model) as batches:
        return decode_group(model, batches, mixture[None], EVERYTHING, [telling], np.ones((1, 1), bool))[0, 0]


def test_of_what_both_claim_a_third_goes_and_all_else_stays() -> None:
    left = answer(tiny_model(normalise=False), LessTelling(asks(0, 74), (asks(74),)), X)
    assert level(left - SPEECH - 2 / 3 * DOG) < 0.02 * level(SPEECH)


def test_the_wanted_is_asked_for_once_more_where_half_of_the_unwanted_is_gone() -> None:
    telling = LessTelling(asks(0), (asks(74), asks(289)))
    again = telling.again(X, [SPEECH, DOG, RAIN], RATE)
    assert again is not None and level(again - SPEECH - 0.5 * (DOG + RAIN)) < 0.02 * level(SPEECH)
    twice = LessTelling(asks(0), (asks(74), asks(74))).again(X, [SPEECH, DOG, DOG], RATE)
    assert twice is not None and level(twice - SPEECH - 0.5 * DOG - RAIN) < 0.02 * level(DOG), "no more than there is"


def test_all_three_answers_count_alike() -> None:
    telling, x = LessTelling(asks(0), (asks(74),)), SPEECH + DOG
    assert level(telling.join(x, [SPEECH, DOG, 4 * SPEECH], RATE) - 2 * SPEECH) < 0.02 * level(SPEECH)
    assert level(telling.join(x, [SPEECH, DOG], RATE) - SPEECH) < 0.02 * level(SPEECH)


def test_where_nothing_unwanted_sounds_nothing_is_asked_again_or_changed() -> None:
    model, x = tiny_model(normalise=False), SPEECH + RAIN
    plain = answer(model, asks(0), x)
    before = model.separator.encoded
    silent = LessTelling(asks(0), (VectorTelling(torch.zeros(527)),))
    assert np.array_equal(answer(model, silent, x), plain) and model.separator.encoded == before + 1
    answer(model, LessTelling(asks(0), (asks(289),)), x)
    assert model.separator.encoded == before + 3


def test_every_telling_gets_its_own_second_answer() -> None:
    model = tiny_model(normalise=False)
    tellings = [asks(0), LessTelling(asks(0, 74), (asks(74),)), LessTelling(asks(74, 289), (asks(289),))]
    with Batches(model) as batches:
        both = np.stack([X, np.zeros_like(X)])
        found = decode_group(model, batches, both, EVERYTHING.repeat(2, 0), tellings, np.ones((2, 3), bool))
    for number, telling in enumerate(tellings):
        assert np.array_equal(found[0, number], answer(model, telling, X))
        assert (1, number) not in found or not found[1, number].any()
