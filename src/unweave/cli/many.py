"""`--manifest`, `--shard`, `--cluster`: the same command over many files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unweave.cli.console import print_json, progress_bar, warn
from unweave.errors import UnweaveError

if TYPE_CHECKING:
    from unweave.batch.job import Job
    from unweave.batch.rows import Row
    from unweave.inference.options import Options

TOLD = 10  # failures that are told while it runs; `unweave status` has them all


@dataclass(frozen=True)
class Many:
    """What was typed for many files."""

    shard: str | None = None
    cluster: str | None = None
    workers: int | None = None
    retry: bool = False

    @classmethod
    def of(
        cls, manifest: bool, shard: str | None, cluster: str | None, workers: int | None, retry: bool
    ) -> Many | None:
        """None where a few recordings are meant."""
        if not (manifest or shard or cluster or retry):
            if workers is not None:
                raise UnweaveError("--workers goes with --manifest: many files are shared out among processes.")
            return None
        if workers is not None and workers < 1:
            raise UnweaveError(f"--workers must be a whole number from 1 on, not {workers}.")
        return cls(shard, cluster, workers, retry)

    def run(self, job: Job, sources: Sequence[str], options: Options, json: bool = False, quiet: bool = False) -> int:
        """Do the files, and say how it went; the exit status."""
        from unweave.batch.inputs import Inputs
        from unweave.batch.outputs import output_of
        from unweave.batch.run import Campaign
        from unweave.batch.shard import Shard
        from unweave.batch.start import hands_for, settled

        if "-" in sources:
            raise UnweaveError("Standard input is one recording; give the names of many in place of -.")
        shard, inputs = Shard.of(self.shard), Inputs(sources, job.out)
        inputs.check()
        for sentence in output_of(job.out).check():
            warn(sentence)
        job = settled(job, options, warn)
        failures = 0

        def tell(row: Row) -> None:
            nonlocal failures
            if json:
                print_json(row.to_plain())
                sys.stdout.flush()
            if row.error is not None:
                failures += 1
                if failures <= TOLD:
                    warn(row.error if row.path in row.error else f"{row.path}: {row.error}")
                if failures == TOLD + 1:
                    warn(f"... more of them: unweave status {job.out}")

        with progress_bar(Path(job.out).name, quiet) as progress:
            campaign = Campaign(job, inputs, shard, self.retry, tell, progress)
            summary = campaign.run(hands_for(job, self.cluster, self.workers))
        if inputs.left_out:
            kinds = ", ".join(f"{count} {ending}" for ending, count in inputs.left_out.most_common(5))
            warn(f"Files that are called like no recording were left out: {kinds}.")
        if not quiet:
            words = [f"{summary.done} done", f"{summary.before} were done before" if summary.before else ""]
            words += [f"{summary.failed} failed" if summary.failed else ""]
            words += [f"{summary.elsewhere} are another run's" if summary.elsewhere else ""]
            warn(
                f"{', '.join(word for word in words if word)}, of {summary.total}. All of it: unweave status {job.out}"
            )
        if not json:
            print(job.out)
        return 2 if summary.failed else 0
