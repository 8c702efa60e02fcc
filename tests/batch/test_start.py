from __future__ import annotations

from pathlib import Path

import pytest
from untrained import write_untrained

from unweave.asking import asked
from unweave.batch.job import Job, hash_settings
from unweave.batch.start import settled
from unweave.errors import UnweaveError
from unweave.inference.options import Options


def test_a_job_is_settled_once_and_hashes_say_what_would_change_the_results(tmp_path: Path) -> None:
    model = write_untrained(tmp_path)
    job = settled(Job("separate", "o", model, device="auto", backend="auto"), Options(), print)
    assert len(job.settings) == len(job.weights) == 16 and job.backend == "eager" and job.model == model
    assert settled(Job("tag", "o", model), Options(), print).settings != job.settings
    other = settled(Job("separate", "p", model, published=True), Options(), print)
    assert other.weights != job.weights and other.settings != job.settings
    moved = settled(Job("separate", "elsewhere", model, device="cpu"), Options(), print)
    assert (moved.settings, moved.weights) == (job.settings, job.weights), "where it goes and who does it is no matter"


def test_another_example_under_the_same_name_is_another_setting(tmp_path: Path) -> None:
    example, job = tmp_path / "bell.wav", Job("separate", "o")
    example.write_bytes(b"1")
    first = hash_settings(job, [example])
    example.write_bytes(b"12")
    assert first != hash_settings(job, [example]) != hash_settings(job, [])


def test_what_the_model_cannot_do_is_said_before_any_file_is_begun(tmp_path: Path) -> None:
    options = Options(asked({"classes": ["Dgo"]}))
    with pytest.raises(UnweaveError, match="Dog"):
        settled(Job("separate", "o", write_untrained(tmp_path)), options, print)
