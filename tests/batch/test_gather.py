"""Rows of several threads in one batch: the answers are those of each alone, and company leaves no trace in them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from campaigns import TRACKS, a_job, contents, make_recordings
from tiny import RATE, tiny_model, tones
from untrained import write_untrained

from unweave.batch.crew import Crew
from unweave.batch.gather import ROWS, Gather, gathered
from unweave.batch.hands import Outcome
from unweave.batch.inputs import Inputs
from unweave.batch.rows import DONE
from unweave.batch.work import Task
from unweave.pretrained.load import load_model


def test_rows_of_threads_meet_in_batches_of_one_size() -> None:
    gather, sizes = Gather(4, fixed=True), list[int]()

    def run(rows: list[int]) -> Sequence[int]:
        sizes.append(len(rows))
        return [10 * row for row in rows]

    def ask(first: int) -> list[int]:
        with gather.thread():
            together.wait()
            return gather.ask("ten", run, [first, first + 1, first + 2])

    together = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, (0, 100, 200, 300))) == [[10 * (a + i) for i in range(3)] for a in (0, 100, 200, 300)]
    assert set(sizes) == {4} and len(sizes) in (3, 4, 5)


def test_what_a_network_raises_reaches_those_who_asked_and_the_others_go_on() -> None:
    gather = Gather(2, fixed=False)

    def run(rows: list[int]) -> Sequence[int]:
        raise ValueError("no")

    with gather.thread(), pytest.raises(ValueError, match="no"):
        gather.ask("a", run, [1, 2, 3])
    with gather.thread():
        assert gather.ask("b", lambda rows: rows, [1]) == [1]


def test_where_memory_runs_out_batches_are_halved() -> None:
    gather, sizes = Gather(8, fixed=False), list[int]()

    def run(rows: list[int]) -> Sequence[int]:
        sizes.append(len(rows))
        if len(rows) > 2:
            raise RuntimeError("CUDA out of memory")
        return rows

    with gather.thread():
        assert gather.ask("a", run, list(range(7))) == list(range(7))
    assert sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]


def test_who_asks_after_the_end_is_interrupted() -> None:
    gather = Gather(2, fixed=True)
    gather.stop()
    with gather.thread(), pytest.raises(KeyboardInterrupt):
        gather.ask("a", lambda rows: rows, [1])


@pytest.mark.parametrize("detector", [True, False])
def test_a_model_answers_as_it_did(detector: bool) -> None:
    model, plain = tiny_model(detector=detector), tiny_model(detector=detector)
    gather = gathered(model)
    wave = np.concatenate([tones(3.3, spans={0: (0, 2), 1: (1, 3)}), tones(3.3, spans={2: (0, 3)})])
    with gather.thread():
        tracks = model.separate(wave, RATE, level=1)
    for own, other in zip(tracks, plain.separate(wave, RATE, level=1), strict=True):
        assert own.name == other.name and own.events == other.events
        np.testing.assert_allclose(own.audio, other.audio, atol=1e-6)


def test_a_file_has_the_same_bytes_whatever_is_done_beside_it(tmp_path: Path) -> None:
    source, model = make_recordings(tmp_path / "in", 7, seconds=1.3), write_untrained(tmp_path)

    def do(out: Path, at_once: int) -> dict[str, str]:
        items, outcomes = list(Inputs([str(source)], out)), list[Outcome]()
        finished = threading.Semaphore(0)

        def answer(outcome: Outcome) -> None:
            outcomes.append(outcome)
            finished.release()

        with Crew(a_job(out, model=model, tracks=TRACKS), at_once, load_model(model, "cpu", backend="eager")) as crew:
            for item in items:
                crew.begin(Task(item), answer)
            for _ in items:
                finished.acquire()
        assert [one.row.state for one in outcomes if one.row] == [DONE] * len(items)
        return contents(out)

    assert do(tmp_path / "alone", 1) == do(tmp_path / "together", 4) and ROWS > 1
