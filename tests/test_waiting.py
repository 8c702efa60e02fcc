"""Threads that wait do not keep others from working."""

from __future__ import annotations

import os

import pytest

from unweave.waiting import SPINS, VARIABLE, wait_briefly, waits_briefly


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (VARIABLE, "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)


def test_they_wait_for_as_long_as_they_like_until_it_is_said() -> None:
    assert not waits_briefly()
    wait_briefly()
    assert waits_briefly() and os.environ[VARIABLE] == str(SPINS)


@pytest.mark.parametrize(
    ("name", "said", "briefly"),
    [
        (VARIABLE, "0", True),
        (VARIABLE, str(SPINS + 1), False),
        (VARIABLE, "infinite", False),
        ("OMP_WAIT_POLICY", "PASSIVE", True),
        ("OMP_WAIT_POLICY", "active", False),
    ],
)
def test_whoever_runs_it_has_the_last_word(
    name: str, said: str, briefly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, said)
    wait_briefly()
    assert os.environ[name] == said and waits_briefly() is briefly
