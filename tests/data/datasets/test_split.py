import pytest

from unweave.data.datasets.split import held_out, lot


def test_a_lot_depends_on_the_name_alone_and_lots_are_even():
    lots = [lot(f"clip {number}") for number in range(2000)]
    assert lots == [lot(f"clip {number}") for number in range(2000)]
    assert 0 <= min(lots) and max(lots) < 1
    assert sum(lots) / len(lots) == pytest.approx(0.5, abs=0.03)
    assert lot("Cafe\u0301") == lot("Caf\u00e9")  # as two file systems write the same name
    assert 0 <= lot("bad \udcff name") < 1


def test_what_a_class_can_only_be_learnt_from_is_not_held_out():
    keys = [f"clip {number}" for number in range(200)]
    lonely = [(f"class {number}",) for number in range(200)]
    assert held_out(keys, lonely, 10) == set()
    both = [("every", *label) for label in lonely]
    assert len(held_out(keys, both, 10)) == 0
    every = held_out(keys, [("every",)] * 200, 10)
    assert 8 <= len(every) <= 40
    assert held_out(keys, [("every",)] * 200, 0) == set()


def test_clips_without_tags_are_drawn_too():
    keys = [f"clip {number}" for number in range(200)]
    assert held_out(keys, [()] * 200, 10) == held_out(keys, [("every",)] * 200, 10)
