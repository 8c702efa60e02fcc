import pytest

from unweave.training.schedule import SCHEDULES, Course


@pytest.mark.parametrize("name", ["cosine", "constant"])
def test_the_warm_up_rises_to_the_highest_rate(name):
    values = [SCHEDULES[name](step, Course(steps=100, warmup=10)) for step in range(101)]
    assert values[9] == 1.0 == max(values)
    assert all(a < b for a, b in zip(values[:9], values[1:10], strict=True))


def test_the_cosine_falls_to_nothing():
    values = [SCHEDULES["cosine"](step, Course(steps=100, warmup=10)) for step in range(10, 101)]
    assert values[-1] == pytest.approx(0.0) and values[45] == pytest.approx(0.5)
    assert all(a >= b for a, b in zip(values, values[1:], strict=False))


def test_the_papers_rate_never_changes():
    assert {SCHEDULES["paper"](step, Course(steps=100)) for step in (0, 1, 99, 10**6)} == {1.0}


def test_the_published_code_begins_with_three_stages_of_ten_thousand_steps():
    course = Course(steps=600_000)
    steps = [0, 9_999, 10_000, 19_999, 20_000, 29_999, 30_000, 599_999]
    assert [SCHEDULES["published"](step, course) for step in steps] == [1e-3, 1e-3, 1e-2, 1e-2, 0.1, 0.1, 1.0, 1.0]
    assert SCHEDULES["published"](3, Course(steps=10, stage=1)) == 1.0


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_schedule_needs_a_warm_up_or_leaves_zero_to_one(name):
    course = Course(steps=20, warmup=0, stage=2)
    assert all(0 <= SCHEDULES[name](step, course) <= 1 for step in range(21))
