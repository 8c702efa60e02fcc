from __future__ import annotations

from pathlib import Path

from unweave.app.queue import FairQueue, Task


def task(user: str) -> Task:
    return Task(user, "work", Path(), {}, lambda outcome, value: None, 1.0)


def test_the_first_of_each_user_comes_before_the_second_of_any() -> None:
    queue = FairQueue()
    greedy = [task("greedy") for _ in range(3)]
    late = [task("late"), task("later")]
    for one in [*greedy, *late]:
        queue.put(one)
    wanted = [greedy[0], late[0], late[1], greedy[1], greedy[2]]
    assert queue.order() == wanted and len(queue) == 5
    assert [queue.take(0) for _ in range(5)] == wanted
    assert queue.take(0) is None


def test_who_was_served_waits_behind_those_who_were_not() -> None:
    queue = FairQueue()
    first, second, other = task("a"), task("a"), task("b")
    queue.put(first)
    queue.put(second)
    assert queue.take(0) is first
    queue.put(other)
    assert queue.take(0) is second and queue.take(0) is other


def test_a_task_that_is_dropped_never_comes() -> None:
    queue = FairQueue()
    kept, dropped = task("a"), task("a")
    queue.put(kept)
    queue.put(dropped)
    assert queue.drop(dropped) and not queue.drop(dropped)
    assert queue.clear() == [kept] and len(queue) == 0
