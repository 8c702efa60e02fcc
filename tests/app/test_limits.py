from __future__ import annotations

from pathlib import Path

import pytest

from unweave.app.limits import Limits
from unweave.app.refusals import Refused


@pytest.mark.parametrize(
    ("check", "status", "code"),
    [
        (lambda limits: limits.check_bytes(1001), 413, "too_large"),
        (lambda limits: limits.check_seconds(60.1), 413, "too_long"),
        (lambda limits: limits.check_waiting(5, 5), 429, "too_many"),
        (lambda limits: limits.check_waiting(0, 20), 429, "too_many"),
        (lambda limits: limits.check_own(10**6), 413, "quota"),
        (lambda limits: limits.check_things(500), 413, "quota"),
        (lambda limits: limits.check_room(Path(), 10**18), 503, "no_room"),
    ],
)
def test_what_passes_a_limit_is_refused_with_a_sentence(check: object, status: int, code: str) -> None:
    limits = Limits(bytes=1000, seconds=60, waiting=20, own_bytes=1000)
    with pytest.raises(Refused) as refused:
        check(limits)  # type: ignore[operator]
    assert (refused.value.status, refused.value.code) == (status, code)
    assert str(refused.value).endswith(".") and refused.value.plain() == {"error": str(refused.value), "code": code}


def test_what_does_not_is_not() -> None:
    limits = Limits(bytes=1000, seconds=60, waiting=20, own_bytes=1000, spare_bytes=0)
    limits.check_bytes(1000)
    limits.check_seconds(60)
    limits.check_waiting(4, 19)
    limits.check_own(1000)
    limits.check_room(Path())
