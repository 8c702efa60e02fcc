"""What is settled once before a campaign: what the model can do, which one it is, and who does the work."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from unweave.batch.hands import Hands
from unweave.batch.job import Job, hash_settings, settled_backend
from unweave.errors import UnweaveError
from unweave.inference.options import Options


def settled(job: Job, options: Options, say: Callable[[str], None]) -> Job:
    """A job whose model was loaded once, and can do what is asked.

    Args:
        job: as it was typed.
        options: what is asked, checked.
        say: called with sentences for the user.

    Raises:
        UnweaveError: the model cannot be used or cannot answer, so that no file is begun.
    """
    from unweave.evaluation.fingerprint import model_fingerprint
    from unweave.inference.hear import check
    from unweave.pretrained.device import pick_device
    from unweave.pretrained.load import load_model

    device = pick_device(job.device)
    # It hears nothing here, so that nothing need be compiled, nor a GPU be filled.
    model = load_model(job.model, "cpu", precision="float32", backend="eager", say=say)
    model = model.published() if job.published else model
    if job.verb == "separate":
        for sentence in check(model, options):
            say(sentence)
    elif model.tagger is None:
        raise UnweaveError(f"The model {model.name} has no tagger: it cannot say what sounds when.")
    backend = settled_backend(job.backend, model)
    job = replace(job, device=str(device), backend=backend if device.type == "cpu" else "auto")
    files = [file for wish in options.asked.wishes for file in wish.files]
    name = job.model if job.model is None or not os.path.exists(job.model) else os.path.abspath(job.model)
    return replace(job, model=name, settings=hash_settings(job, files), weights=model_fingerprint(model))


def hands_for(job: Job, cluster: str | None, workers: int | None) -> Hands:
    """Processes of this machine, or actors of a cluster.

    Raises:
        UnweaveError: there is no such cluster, or Ray is not installed.
    """
    from unweave.batch.pool import Pool

    if cluster is not None:
        from unweave.batch.cluster import Cluster

        return Cluster(job, cluster, workers)
    if job.device == "cuda":
        import torch

        gpus = torch.cuda.device_count()
        return Pool(job, workers or gpus, gpus)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = workers or cores
    return Pool(job, count)
