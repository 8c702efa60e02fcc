"""One worker process through all that can happen to it."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up import no_model, open_made_up

from unweave.app.crew import Worker
from unweave.app.queue import Task


class Answers:
    """Tasks for a worker, and what came of them."""

    def __init__(self, worker: Worker, folder: Path) -> None:
        self.worker, self.folder = worker, folder
        self.came: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.count = 0

    def put(self, name: str, seconds: float = 600.0) -> Task:
        self.count += 1
        place = self.folder / str(self.count) / "given"
        place.mkdir(parents=True)
        task = Task("me", "separate", place, {"name": name}, lambda *end: self.came.put(end), seconds)
        self.worker.queue.put(task)
        return task

    def begun(self, name: str, seconds: float = 600.0) -> Task:
        task = self.put(name, seconds)
        while task.begun is None:
            time.sleep(0.005)
        return task


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    worker = Worker("made-up", open_made_up)
    worker.start()
    worker.wait_ready()
    assert worker.fault is None and worker.about["model"] == "made-up"
    yield Answers(worker, tmp_path_factory.mktemp("work"))
    process = worker.process
    worker.stop()
    assert process is not None and worker.process is None


def pid(worker: Worker) -> int:
    while worker.process is None or worker.process.pid is None:
        time.sleep(0.005)
    return worker.process.pid


def test_work_is_done_where_it_lies(answers: Answers) -> None:
    answers.put("x.wav")
    outcome, value = answers.came.get()
    assert outcome == "done" and [track["name"] for track in value["tracks"]] == ["Dog", "residual"]
    assert (answers.folder / str(answers.count) / "out/x/sounds/Dog.wav").is_file()


def test_a_fault_of_the_program_is_one_job_and_not_the_worker(answers: Answers) -> None:
    before = pid(answers.worker)
    answers.put("fault.wav")
    outcome, sentence = answers.came.get()
    assert outcome == "failed" and "RuntimeError" in sentence and pid(answers.worker) == before


def test_what_hears_of_its_end_lets_go_and_lives_on(answers: Answers) -> None:
    before = pid(answers.worker)
    task = answers.begun("hold.wav")
    while not task.what:
        time.sleep(0.005)
    assert (task.done, task.total, task.what) == (1, 4, "listening")
    answers.worker.cancel(task)
    assert answers.came.get() == ("cancelled", None)
    answers.put("x.wav")
    assert answers.came.get()[0] == "done" and pid(answers.worker) == before


def test_what_hears_nothing_is_killed_and_replaced(answers: Answers) -> None:
    before = pid(answers.worker)
    task, waiting, last = answers.begun("stubborn.wav"), answers.put("x.wav"), answers.put("y.wav")
    answers.worker.cancel(last)  # waits, so it is over at once
    assert answers.came.get() == ("cancelled", None)
    answers.worker.cancel(task)
    assert answers.came.get() == ("cancelled", None)
    assert answers.came.get()[0] == "done" and waiting.over is not None
    assert pid(answers.worker) != before


def test_a_worker_that_dies_says_so_and_the_next_job_is_done(answers: Answers) -> None:
    answers.put("die.wav")
    answers.put("x.wav")
    outcome, sentence = answers.came.get()
    assert outcome == "failed" and "was killed, or this took more memory" in sentence
    assert answers.came.get()[0] == "done"


def test_one_that_is_killed_while_it_works_too(answers: Answers) -> None:
    answers.begun("hold.wav")
    os.kill(pid(answers.worker), 9)
    outcome, sentence = answers.came.get()
    assert outcome == "failed" and "Another one is in its place" in sentence


def test_a_job_has_its_time(answers: Answers) -> None:
    answers.put("stubborn.wav", seconds=0.2)
    outcome, sentence = answers.came.get()
    assert outcome == "failed" and "minutes that a job may take" in sentence


def test_a_workshop_that_cannot_open_says_why() -> None:
    worker = Worker("broken", no_model)
    worker.start()
    worker.wait_ready()
    assert worker.fault == "There is no model at nowhere."
    worker.stop()
