from __future__ import annotations

import pytest

from unweave.batch.items import make_item
from unweave.batch.shard import Shard
from unweave.errors import UnweaveError

ITEMS = [make_item(f"{number}.wav", "") for number in range(1000)]


@pytest.mark.parametrize("count", [1, 3, 8])
def test_shards_are_apart_make_the_whole_and_are_about_equal(count: int) -> None:
    for first in (0, 1):  # people count from either
        shards = [Shard.of(f"{first + index}/{count}") for index in range(count)]
        sizes = [sum(item in shard for item in ITEMS) for shard in shards]
        assert sum(sizes) == len(ITEMS) and all(sum(item in shard for shard in shards) == 1 for item in ITEMS)
        assert min(sizes) > 0.8 * len(ITEMS) / count


def test_an_item_stays_where_it_is_when_others_are_added() -> None:
    assert [item.name for item in ITEMS[:20] if item in Shard(1, 4)] == [
        item.name for item in ITEMS if item in Shard(1, 4) and item in ITEMS[:20]
    ]
    assert make_item("7.wav", "elsewhere").key == ITEMS[7].key


@pytest.mark.parametrize("text", ["", "1", "9/8", "-1/8", "1/0", "0/0", "a/b", "1/8/2", "1.5/2", "1/99999999"])
def test_what_is_no_part_of_a_whole_is_refused(text: str) -> None:
    with pytest.raises(UnweaveError, match="the parts of eight are"):
        Shard.of(text)
    assert Shard.of(None) == Shard()
