"""What a visitor may take of this machine, each limit with its sentence."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from unweave.app.refusals import Refused

MOST_ASKED = 64  # values of one option
_LEAST_OWN = 4


@dataclass(frozen=True)
class Limits:
    """All of them; see docs/http.md for what the command line calls them.

    Attributes:
        bytes: of an upload.
        seconds: of a recording.
        waiting: jobs that wait, of all visitors; one of them may have a quarter of it.
        job_seconds: that a job may work.
        keep_seconds: that the files of a visitor who does nothing are kept.
        leave_seconds: the same for one who has left the page (a reload is quicker), or who has no files at all.
        own_bytes: of all files of one visitor.
        things: uploads and jobs of one visitor.
        spare_bytes: that stay free on the disk.
        visitors: at once.
        uploading: uploads on their way at once.
        silent_seconds: that an upload may bring nothing.
    """

    bytes: int = 2_000_000_000
    seconds: float = 4 * 3600
    waiting: int = 100
    job_seconds: float = 2 * 3600
    keep_seconds: float = 3600
    leave_seconds: float = 30
    own_bytes: int = 20_000_000_000
    things: int = 500
    spare_bytes: int = 500_000_000
    visitors: int = 10_000
    uploading: int = 64
    silent_seconds: float = 60

    @property
    def own_waiting(self) -> int:
        """Jobs of one visitor that wait."""
        return max(_LEAST_OWN, self.waiting // 4)

    def check_bytes(self, size: int) -> None:
        """Refuse an upload that is too large."""
        if size > self.bytes:
            raise Refused(
                f"This file is too large: up to {self.bytes / 1e6:.0f} MB are taken here. Cut it, or send its sound "
                "alone, as flac or mp3.",
                413,
                "too_large",
            )

    def check_seconds(self, seconds: float) -> None:
        """Refuse a recording that is too long."""
        if seconds > self.seconds:
            raise Refused(
                f"This recording is {seconds / 60:.0f} minutes long; up to {self.seconds / 60:.0f} are taken here. Cut "
                "it into parts.",
                413,
                "too_long",
            )

    def check_waiting(self, own: int, everybody: int) -> None:
        """Refuse a job where too many wait."""
        if own >= self.own_waiting:
            raise Refused(
                f"{own} of your jobs are waiting; let one of them finish, or cancel one.", 429, "too_many", retry=5
            )
        if everybody >= self.waiting:
            raise Refused("Too many jobs are waiting here just now; try again in a minute.", 429, "too_many", retry=60)

    def check_room(self, folder: Path, size: int = 0) -> None:
        """Refuse what the disk has no room for."""
        if shutil.disk_usage(folder).free - size < self.spare_bytes:
            raise Refused("There is no room on the disk of this server just now; try again later.", 503, "no_room", 300)

    def check_things(self, count: int) -> None:
        """Refuse more uploads and jobs of somebody who has many."""
        if count >= self.things:
            raise Refused(f"You have {count} recordings and results here; delete some of them first.", 413, "quota")

    def check_own(self, size: int) -> None:
        """Refuse more files of somebody who has many."""
        if size > self.own_bytes:
            raise Refused("Your files take too much room here; delete some of them first.", 413, "quota")
