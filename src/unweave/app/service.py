"""What a server does for its visitors, whatever it is asked through: uploads, jobs, mixes, and their end."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from unweave.app.crew import Worker
from unweave.app.folders import Root, remove
from unweave.app.limits import Limits
from unweave.app.links import link, linked
from unweave.app.queue import Outcome, Task
from unweave.app.refusals import Refused, not_ready
from unweave.app.things import GIVEN, Job, Upload
from unweave.app.visitors import Visitor, Visitors, new_id
from unweave.app.wanted import Wanted, bad, understand
from unweave.audio.times import parse_stretch
from unweave.errors import UnweaveError
from unweave.inference.options import Output
from unweave.inference.places import place_name

OUT = "out"  # the folder of a job that holds what comes of it
LOUDEST = 8.0  # factor of a track in a mix


class Service:
    """All of it.

    Args:
        eyes: the worker that looks and mixes.
        models: a worker for each model, by name; the first is the one that is used unasked.
        limits: of visitors.
        parent: where the private folder is made; None for the system's place for temporary files.
    """

    def __init__(self, eyes: Worker, models: Mapping[str, Worker], limits: Limits, parent: Path | None = None) -> None:
        self.eyes, self.models, self.limits = eyes, dict(models), limits
        self.root = Root(parent)
        self.visitors = Visitors(self.root.path, limits)
        self.stopping = threading.Event()
        self.uploading = 0
        self._lock = threading.RLock()

    @property
    def workers(self) -> list[Worker]:
        """Every one."""
        return [self.eyes, *self.models.values()]

    def start(self) -> None:
        """Start the workers and wait until they are ready.

        Raises:
            UnweaveError: one of them cannot work.
        """
        for worker in self.workers:
            worker.start()
        for worker in self.workers:
            worker.wait_ready()
        if faults := [worker.fault for worker in self.workers if worker.fault]:
            self.stop()
            raise UnweaveError(faults[0])

    def stop(self) -> None:
        """End all work, the processes too, and delete every file."""
        self.stopping.set()
        for worker in self.workers:
            worker.stop()
        self.root.close()

    def worker(self, model: str | None) -> Worker:
        """That of a model.

        Raises:
            Refused: it is not served.
        """
        name = next(iter(self.models)) if model is None else model
        if name not in self.models:
            raise bad(f"The model {name[:60]!r} is not served here; there are {', '.join(self.models)}.")
        return self.models[name]

    # -- uploads

    def add_upload(
        self, visitor: Visitor, id: str, folder: Path, name: str, size: int, look: bool, listen: bool
    ) -> Upload:
        """Take in a file that lies in `folder / GIVEN / name`, and have it looked at and listened to."""
        upload = Upload(id, folder, name, size, "looking" if look else "given")
        visitor.uploads[id] = upload
        if look:
            arguments = {"name": name, "seconds": self.limits.seconds}
            ended = partial(self._looked, visitor, upload, listen)
            self._put(
                self.eyes, upload, Task(visitor.user, "look", folder / GIVEN, arguments, ended, self.limits.job_seconds)
            )
        return upload

    def remove_upload(self, visitor: Visitor, upload: Upload) -> None:
        """Delete it; jobs made of it have their own."""
        with self._lock:
            visitor.uploads.pop(upload.id, None)
            self._let_go(upload.task)
        if upload.task is None or upload.task.over is not None:
            remove(upload.folder)

    def _looked(self, visitor: Visitor, upload: Upload, listen: bool, outcome: Outcome, value: Any) -> None:
        with self._lock:
            if upload.id not in visitor.uploads:
                remove(upload.folder)
            elif outcome != "done":
                upload.error = value or "This was cancelled."
                upload.state = "failed"
            elif not listen:
                upload.about, upload.state = value, "ready"
            else:
                upload.about, upload.state = value, "listening"
                ended = partial(self._listened, visitor, upload)
                arguments = {"name": upload.name}
                task = Task(visitor.user, "listen", upload.path.parent, arguments, ended, self.limits.job_seconds)
                self._put(self.worker(None), upload, task)

    def _listened(self, visitor: Visitor, upload: Upload, outcome: Outcome, value: Any) -> None:
        with self._lock:
            if upload.id not in visitor.uploads:
                remove(upload.folder)
            else:  # it can be separated even if nobody could listen to it
                upload.events = outcome == "done"
                upload.error = None if upload.events else value or "This was cancelled."
                upload.state = "ready"

    # -- jobs

    def add_job(self, visitor: Visitor, upload: Upload, options: dict[str, Any], mine: Visitor | None) -> Job:
        """Queue a job on an upload.

        Raises:
            Refused: what is asked makes no sense, or too many jobs wait.
        """
        if upload.state == "failed":
            raise bad(f"{upload.name} cannot be used: {upload.error}")

        def find(id: str) -> Path | None:
            try:
                return self.visitors.upload(id, mine)[1].path
            except Refused:
                return None

        wanted = understand(options, find)
        worker = self.worker(wanted.model)
        self._check_room(visitor)
        job = self._new_job(visitor, upload, wanted, worker.name, options)
        asked = linked(wanted.arguments, job.source.parent, upload.path)
        name = upload.path.name
        arguments = {"name": name, "seconds": self.limits.seconds, "asked": asked}
        self._queue(worker, visitor, job, wanted.kind, arguments)
        return job

    def add_mix(self, visitor: Visitor, job: Job, gains: dict[int, float], video: bool, format: str) -> Job:
        """Queue a mix of the tracks of a job.

        Raises:
            Refused: there are no such tracks, or no video.
        """
        if job.state != "done":
            raise not_ready("This job")
        for index, factor in gains.items():
            if not 0 <= index < len(job.tracks) or not 0 <= factor <= LOUDEST:
                raise bad(f"A mix takes factors from 0 to {LOUDEST:.0f} by the index of a track.")
        if not any(gains.values()):
            raise bad("All tracks are silent in this mix; raise one of them.")
        try:
            Output.of(format, None)
        except UnweaveError as error:
            raise bad(str(error)) from error
        upload = visitor.uploads.get(job.upload)
        if video and (upload is None or not upload.seen or not upload.about["video"] or job.part):
            raise bad("Only the mix of a whole video goes back into it; ask for a sound.")
        self._check_room(visitor)
        options = {
            "gains": {str(index): factor for index, factor in gains.items()},
            "as": "video" if video else "sound",
        }
        id = new_id()
        folder = visitor.new_folder(id)
        mix = Job(
            id, folder, "mix", job.upload, job.name, folder / OUT, {**options, "format": format}, None, part=job.part
        )
        mix.source.parent.mkdir()
        link(job.source, mix.source)
        tracks = []
        for index, factor in gains.items():
            if factor:
                path = folder / f"track-{index}"
                link(job.results / job.tracks[index]["file"], path)
                tracks.append((f"../{path.name}", factor))
        arguments = {"source": job.name, "tracks": tracks, "format": None if video else format}
        self._queue(self.eyes, visitor, mix, "mix", arguments)
        return mix

    def cancel(self, job: Job) -> None:
        """Let go of a job."""
        with self._lock:
            if not job.ended:
                job.state = "cancelled"
                self._let_go(job.task)

    def remove_job(self, visitor: Visitor, job: Job) -> None:
        """End it, and delete its files."""
        with self._lock:
            visitor.jobs.pop(job.id, None)
            self.cancel(job)
        if job.task is None or job.task.over is not None:
            remove(job.folder)

    def ahead(self, job: Job) -> int:
        """How many tasks come before a waiting job."""
        if job.task is None or job.task.begun is not None:
            return 0
        worker = self.eyes if job.model is None else self.models[job.model]
        order = worker.queue.order()
        return (order.index(job.task) if job.task in order else 0) + (worker.current is not None)

    def waiting(self, visitor: Visitor | None = None) -> int:
        """Jobs that wait, of one visitor or of all."""
        visitors = self.visitors.every() if visitor is None else [visitor]
        return sum(self._waits(job) for one in visitors for job in list(one.jobs.values()))

    def check_own(self, visitor: Visitor, more: int = 0) -> None:
        """Refuse more of somebody who has much; without a cookie, that is everybody at the same address.

        Args:
            visitor: who wants to bring or make something.
            more: bytes of it.

        Raises:
            Refused: it is too much.
        """
        same = self.visitors.same(visitor)
        self.limits.check_own(sum(one.size for one in same) + more)
        self.limits.check_things(sum(len(one.uploads) + len(one.jobs) for one in same))

    @staticmethod
    def _waits(job: Job) -> bool:
        return job.state == "waiting" and (job.task is None or job.task.begun is None)

    def _check_room(self, visitor: Visitor) -> None:
        self.limits.check_waiting(sum(map(self.waiting, self.visitors.same(visitor))), self.waiting())
        self.limits.check_room(self.root.path)
        self.check_own(visitor)

    def _new_job(self, visitor: Visitor, upload: Upload, wanted: Wanted, model: str, options: dict[str, Any]) -> Job:
        id = new_id()
        folder = visitor.new_folder(id)
        results = folder / OUT
        if wanted.kind == "separate":
            results = results / place_name(upload.path)
        (folder / GIVEN).mkdir()
        stretch = parse_stretch(wanted.arguments.get("start"), wanted.arguments.get("end"))
        # A change gives all of it back.
        part = stretch if wanted.kind == "separate" and stretch != (0.0, None) else None
        return Job(id, folder, wanted.kind, upload.id, upload.name, results, options, model, part=part)

    def _queue(self, worker: Worker, visitor: Visitor, job: Job, work: str, arguments: dict[str, Any]) -> None:
        visitor.jobs[job.id] = job
        ended = partial(self._ended, visitor, job)
        self._put(worker, job, Task(visitor.user, work, job.source.parent, arguments, ended, self.limits.job_seconds))

    def _ended(self, visitor: Visitor, job: Job, outcome: Outcome, value: Any) -> None:
        with self._lock:
            if job.id not in visitor.jobs:
                remove(job.folder)
            elif job.state == "cancelled" or outcome == "cancelled":
                job.state = "cancelled"
                remove(job.folder)  # what is half done is of no use
            elif outcome == "failed":
                job.error, job.state = value, "failed"
                remove(job.folder)  # what is half done is of no use
            else:
                job.warnings = value["warnings"]
                job.tracks = [job.track(index, track) for index, track in enumerate(value["tracks"])]
                job.state = "done"

    # -- the end

    def remove_visitor(self, visitor: Visitor) -> None:
        """Delete everything of somebody."""
        for job in list(visitor.jobs.values()):
            self.remove_job(visitor, job)
        for upload in list(visitor.uploads.values()):
            self.remove_upload(visitor, upload)
        self.visitors.remove(visitor)

    def _tidy(self) -> None:
        """Folders of the gone into which a worker was still writing when they were deleted."""
        mine = {visitor.folder for visitor in self.visitors.every()}
        for folder in self.root.path.iterdir():
            if folder.is_dir() and folder not in mine:
                remove(folder)

    def forget_empty(self, visitor: Visitor) -> None:
        """Somebody without a cookie is nothing but their things."""
        if visitor.key is None and not visitor.uploads and not visitor.jobs:
            self.visitors.remove(visitor)

    def sweep(self) -> None:
        """Delete everything of those whose time is over."""
        for visitor in self.visitors.stale():
            self.remove_visitor(visitor)
        self._tidy()

    def _put(self, worker: Worker, thing: Upload | Job, task: Task) -> None:
        thing.task = task
        worker.queue.put(task)

    def _let_go(self, task: Task | None) -> None:
        if task is not None and task.over is None:
            for worker in self.workers:
                if worker.current is task or task in worker.queue.order():
                    worker.cancel(task)
                    return
            task.cancelled.set()
