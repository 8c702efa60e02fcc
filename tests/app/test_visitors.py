from __future__ import annotations

from pathlib import Path

import pytest

from unweave.app.limits import Limits
from unweave.app.refusals import Refused
from unweave.app.things import Job, Upload
from unweave.app.visitors import Visitor, Visitors, new_id


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def visitors(tmp_path: Path, clock: Clock) -> Visitors:
    return Visitors(tmp_path, Limits(keep_seconds=100, leave_seconds=10, visitors=3), clock)


def give(visitor: Visitor) -> Upload:
    id = new_id()
    visitor.uploads[id] = upload = Upload(id, visitor.new_folder(id), "x.wav", 0)
    return upload


def test_a_cookie_is_whole_or_nobodys(visitors: Visitors) -> None:
    visitor = visitors.new("1.2.3.4", cookie=True)
    assert visitor.key is not None and visitors.of(visitor.key) is visitor
    for other in (None, "", "é", visitor.key[:-1], visitor.key + "x", visitor.key.partition(".")[0], new_id()):
        assert visitors.of(other) is None


def test_what_has_a_cookie_is_reached_with_it_alone(visitors: Visitors) -> None:
    mine, yours, nobodys = (visitors.new("a", cookie) for cookie in (True, True, False))
    upload, free = give(mine), give(nobodys)
    assert visitors.upload(upload.id, mine) == (mine, upload)
    for stranger in (yours, nobodys, None):
        with pytest.raises(Refused, match="no such recording"):
            visitors.upload(upload.id, stranger)
    assert visitors.upload(free.id, yours) == visitors.upload(free.id, None) == (nobodys, free)
    with pytest.raises(Refused, match="no such job"):
        visitors.job(upload.id, mine)


def test_time_is_over_after_leaving_or_doing_nothing(visitors: Visitors, clock: Clock) -> None:
    idle, left, watching = (visitors.new("a", cookie=True) for _ in range(3))
    watching.watching = 1  # or is sending a file
    give(idle)
    give(left)
    visitors.leave(left)
    clock.now = 11
    assert visitors.stale() == [left]
    visitors.of(left.key)  # a reload
    assert visitors.stale() == []
    clock.now = 101
    assert visitors.stale() == [idle]
    idle.jobs["j"] = Job("j", Path(), "separate", "u", "x.wav", Path(), {}, "m")
    assert visitors.stale() == []
    give(idle)
    visitors.remove(idle)
    assert not idle.folder.exists() and visitors.of(idle.key) is None


def test_a_thousand_cookies_keep_nobody_out_for_long(visitors: Visitors, clock: Clock) -> None:
    mine = visitors.new("a", cookie=True)
    give(mine)
    empty = [visitors.new("a", cookie=True) for _ in range(2)]
    clock.now = 11
    assert visitors.stale() == empty


def test_there_is_room_for_so_many(visitors: Visitors) -> None:
    for _ in range(3):
        visitors.new("a", cookie=True)
    with pytest.raises(Refused, match="Too many people"):
        visitors.new("a", cookie=False)


def test_names_cannot_be_guessed() -> None:
    assert len({new_id() for _ in range(100)}) == 100 and min(len(new_id()) for _ in range(100)) >= 32
