from __future__ import annotations

import pytest

from unweave.asking.span import Span, parse_span
from unweave.errors import UnweaveError


def test_two_times_are_a_stretch() -> None:
    assert parse_span("1.5-2.5") == parse_span((1.5, 2.5)) == (1.5, 2.5)


@pytest.mark.parametrize("span", ["a-b", "1", (1, 2, 3), "2-1", (-1, 2), (0, float("inf")), None])
def test_what_is_no_stretch_is_refused_by_its_fault(span: object) -> None:
    with pytest.raises(UnweaveError, match="stretch of time"):
        parse_span(span)
    with pytest.raises(UnweaveError, match="stretch of time"):
        Span.of([span])


@pytest.mark.parametrize("span", ["1-2", (1, 2), [(1, 2), (3, 4)], ["1-2"]])
def test_a_good_one_is_not_answered_yet(span: object) -> None:
    with pytest.raises(UnweaveError, match="not there yet"):
        Span.of(span)
