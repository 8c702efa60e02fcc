from pathlib import Path

import pytest

from unweave.errors import UnweaveError
from unweave.evaluation.benchmarks import Benchmark
from unweave.evaluation.items import Item, Piece


def items(count, songs=3):
    return [
        Item(f"{n}", "ab"[n % 2], (Piece("x.wav"),), group=f"song {n % songs}" if songs else "") for n in range(count)
    ]


def test_the_count_is_said_beside_the_papers():
    assert Benchmark("x", Path(), items(4)).count_note() == "4 pairs"
    assert Benchmark("x", Path(), items(4099), expected=4100).count_note() == "4 099 pairs; the paper has 4 100"
    assert Benchmark("x", Path(), items(4100), expected=4100).count_note() == "4 100 pairs, as in the paper"


def test_songs_and_plug_ins_are_counted_instead_of_items():
    assert Benchmark("x", Path(), items(12), unit="songs", expected=50).count_note() == "3 songs; the paper has 50"
    two = Benchmark("x", Path(), items(12), unit="plug-ins", expected=151, expected_by_code=148)
    assert two.count_note() == "2 plug-ins; the paper has 151, its code 148"
    as_code = Benchmark("x", Path(), items(12), unit="plug-ins", expected=151, expected_by_code=2)
    assert as_code.count_note() == "2 plug-ins, as the paper's code makes; the paper says 151"
    as_paper = Benchmark("x", Path(), items(12), unit="plug-ins", expected=2, expected_by_code=148)
    assert as_paper.count_note() == "2 plug-ins, as in the paper (its code makes 148)"


def test_two_items_of_one_name_are_refused():
    with pytest.raises(UnweaveError, match="two items '3'"):
        Benchmark("x", Path(), [*items(5), items(4)[3]])
    with pytest.raises(UnweaveError, match="nothing to test on in here. There is no sound."):
        Benchmark("x", Path("here"), [], missing=["There is no sound."])
