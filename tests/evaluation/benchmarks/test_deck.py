from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmark_layouts import tiny_benchmark

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks.deck import Deck
from unweave.evaluation.benchmarks.finest import finest


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory):
    root: Path = tiny_benchmark("two-sounds", tmp_path_factory.mktemp("folders")).root
    return list(finest(root).tested)


def test_all_are_used_before_one_comes_again(clips) -> None:
    deck = Deck(clips, np.random.default_rng(0))
    dealt = [clip.path for _ in range(len(clips)) for clip, _ in deck.hand(1)]
    assert sorted(dealt) == sorted(clip.path for clip in clips)


def test_what_comes_beside_a_clip_shares_nothing_with_it(clips) -> None:
    deck = Deck(clips, np.random.default_rng(0))
    for beside in clips:
        hand = [clip for clip, _ in deck.hand(3, [beside])]
        assert all(not set(clip.classes) & set(beside.classes) and clip.group != beside.group for clip in hand)


def test_who_clashes_may_be_said(clips) -> None:
    deck = Deck(clips, np.random.default_rng(0), lambda one, two: True)
    assert len(deck.hand(1)) == 1
    with pytest.raises(UnweaveError, match="not enough"):
        deck.hand(2)
