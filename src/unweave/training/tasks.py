"""What a recipe's stretches of learning ask for, as tasks of the loop; nothing is made before the loop wants it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from unweave.conditions import Condition
from unweave.data.augmentations import build_augmentations
from unweave.data.energies import energies
from unweave.data.loader import ClipLoader
from unweave.data.miners import miners
from unweave.data.sampler import BalancedSampler, RandomSampler, Sampler
from unweave.data.store import Store
from unweave.data.teacher import Teacher, shared_classes
from unweave.data.yamnet import load_yamnet
from unweave.errors import UnweaveError
from unweave.evaluation.tag_clips import tag_clips
from unweave.evaluation.tagging import class_thresholds
from unweave.ontology import Ontology
from unweave.pretrained.device import pick_device
from unweave.separators import Separator
from unweave.taggers import Tagger, Tags
from unweave.taggers.small import SmallTagger
from unweave.taggers.two_ears import TwoEars
from unweave.training.distilling import DistillingTask
from unweave.training.distilling_resident import ResidentDistillingTask
from unweave.training.loop import Task
from unweave.training.losses import LOSSES
from unweave.training.machine import processes
from unweave.training.method import MethodSettings, MethodTask, QueriedSeparator
from unweave.training.observer import Observer
from unweave.training.recipe import FewClipsLearning, PaperLearning, Recipe, TagsLearning, TeacherLearning, several
from unweave.training.separation import SeparationSettings, SeparationTask
from unweave.training.separation_resident import ResidentSeparationTask
from unweave.training.tagging import TaggingTask
from unweave.training.thawing import Thaw

MakeTask = Callable[[QueriedSeparator, Tagger], Task]
"""Makes the task that learns a net, given the net and the detector."""

RESIDENT_SHARES = ("third", "bed", "alone", "rooms", "together")
ENOUGH = 20  # clips from which a class is common


def class_weights(store: Store, ontology: Ontology, names: dict[str, int], common: int = 1) -> dict[int, int]:
    """How often each class is drawn in a round.

    Args:
        store: its training clips are counted.
        ontology: of its classes.
        names: weights by class name; "" stands for clips without a class.
        common: weight of the classes with at least 20 clips, so that the few clips of rare ones are not learnt by
            heart.

    Raises:
        UnweaveError: a name that is no class, or has no clip.
    """
    members = store.members("train")
    weights = {key: common for key, clips in members.items() if len(clips) >= ENOUGH}
    for name, weight in names.items():
        index = ontology.find(name).index if name else -1
        if index is None or (name and index not in members):
            raise UnweaveError(f"{name} has no clip to train on; it cannot have a weight.")
        weights[index] = weight
    return weights


def check_mixable(store: Store, by_class: bool) -> None:
    """Refuse, before anything is learnt, clips of which no mixtures can be made.

    Args:
        store: its training clips are looked at.
        by_class: whether sources of a mixture must be of different classes.

    Raises:
        UnweaveError: there is no second clip, or no second class.
    """
    members, clips = store.members("train"), len(store.rows("train"))
    if clips < 2:
        raise UnweaveError(
            f"{store.path} has {clips} training clip(s), and a mixture takes two: add more sounds, then start again."
        )
    if by_class and len(members) < 2:
        named = ", ".join(store.vocabulary.names[key] for key in members if key >= 0) or "none"
        raise UnweaveError(
            f"The training clips of {store.path} are of a single class ({named}), and sounds are learnt by mixing "
            "clips of different ones: add sounds of another class, then start again."
        )


def learnt_classes(store: Store, ontology: Ontology) -> list[int]:
    """The classes that a separator was asked for in training: those that clips are tagged with, and those above."""
    tagged = {key for key in store.members("train") if key >= 0}
    above = {node.index for key in tagged for node in ontology.ancestors(key) if node.index is not None}
    return sorted(tagged | above)


def tagging(
    learning: TagsLearning | TeacherLearning,
    tagger: Tagger,
    store: Store,
    ontology: Ontology,
    recipe: Recipe,
    observer: Observer,
) -> Callable[[], Task]:
    """A tagger from tags, or from tags and a teacher.

    Raises:
        UnweaveError: a tagger that cannot learn so.
    """
    if isinstance(tagger, TwoEars):
        raise UnweaveError(
            "A tagger with two ears does not learn from tags itself: let the tagger small learn, then put YAMNet "
            "beside it (benchmarks/ears.py). To keep it as it is, leave out tagger.learn."
        )
    weights = class_weights(store, ontology, learning.weights, learning.common)

    def tags_alone() -> Task:
        assert isinstance(learning, TagsLearning)
        loader = _loader(recipe, store, learning.batch, learning.seconds, recipe.seed, weights)
        return TaggingTask(tagger, store, loader, learning.mixup, learning.mixed, learning.mask)

    def with_teacher() -> Task:
        assert isinstance(learning, TeacherLearning)
        if not isinstance(tagger, SmallTagger):
            raise UnweaveError("Only the small tagger learns from a teacher; say `how: tags` for the others.")
        if recipe.data.resident:
            return resident_distilling(learning, tagger, store, recipe.seed, weights)
        files = learning.teacher, learning.teacher_classes
        threads = torch.get_num_threads()
        return DistillingTask(
            tagger,
            store,
            [Teacher(*files, layer=learning.teacher_layer) for _ in range(threads)],
            batch=learning.batch,
            patches=learning.patches,
            seed=recipe.seed,
            weights=weights,
            mixed=learning.mixed,
            choice=learning.choice,
            imitate=learning.imitate,
        )

    return tags_alone if isinstance(learning, TagsLearning) else with_teacher


def few_clips(
    learning: FewClipsLearning,
    condition: Condition,
    store: Store,
    ontology: Ontology,
    recipe: Recipe,
    number: int,
    observer: Observer,
) -> MakeTask:
    """The separator from a few thousand clips; stretch `number` draws what the one before did not."""
    if recipe.tagger.mode not in ("freeze", "random") or condition.listens:
        raise UnweaveError(
            "Learning from few clips keeps tagger and condition as they are; say `how: paper` for the tagger mode "
            f"{recipe.tagger.mode}."
        )
    if recipe.detector is not None:
        raise UnweaveError("Learning from few clips takes the tagger as the detector; leave `detector` out.")
    if not condition.by_class and learning.shares.keys() - {"soft"}:
        raise UnweaveError(
            f"The condition {recipe.condition.name} cannot be asked by class; say shares: {{soft: 1.0}}."
        )
    check_mixable(store, by_class=True)
    settings = SeparationSettings(
        batch=per_process(learning.batch),
        weights=class_weights(store, ontology, learning.weights, learning.common),
        shares={str(kind): share for kind, share in learning.shares.items()},
        **learning.model_dump(
            include={"seconds", "share", "gain", "wide", "wide_gain", "speed", "beds", *RESIDENT_SHARES}
        ),
    )
    make: Callable[..., SeparationTask] = SeparationTask
    if recipe.data.resident:
        make = partial(ResidentSeparationTask, device=pick_device(learning.loop.device))
    elif given := [share for share in RESIDENT_SHARES if getattr(learning, share)]:
        raise UnweaveError(f"{', '.join(given)}: such mixtures are made of resident clips; say data.resident=true.")
    return lambda net, _: make(
        net.separator,
        net.query.tagger,
        net.query.condition,
        store,
        settings,
        recipe.folder / "detector.npz",
        recipe.seed + number,
        ontology,
        observer.counter("Listening for anchors"),
        **ranks(),
    )


def resident_distilling(
    learning: TeacherLearning, tagger: SmallTagger, store: Store, seed: int, weights: dict[int, int]
) -> ResidentDistillingTask:
    """A tagger from tags and YAMNet, on the device that trains."""
    outputs, classes = shared_classes(learning.teacher_classes, store.vocabulary)
    return ResidentDistillingTask(
        tagger,
        store,
        load_yamnet(learning.teacher),
        outputs,
        classes,
        pick_device(learning.loop.device),
        batch=learning.batch,
        patches=learning.patches,
        seed=seed,
        weights=weights,
        mixed=learning.mixed,
        choice=learning.choice,
        imitate=learning.imitate,
    )


def check_rates(store: Store, parts: dict[str, Tagger | Separator]) -> None:
    """Refuse parts that hear the store's clips at another rate than they have.

    Raises:
        UnweaveError: the first of them.
    """
    for role, part in parts.items():
        if part.sample_rate != store.sample_rate:
            raise UnweaveError(
                f"The clips of {store.path} have {store.sample_rate} Hz and the {role} works at {part.sample_rate}; "
                f"prepare them again with --sample-rate {part.sample_rate} and another -o."
            )


def paper(learning: PaperLearning, store: Store, recipe: Recipe, number: int) -> MakeTask:
    """The paper's method."""
    mixing = learning.mixing
    fewest = min(several(mixing.sources))
    if mixing.targets is not None and mixing.targets >= fewest:
        raise UnweaveError(f"Of {fewest} sources, at most {fewest - 1} can be targets.")
    kinds, energy = [miners.build(name) for name in several(learning.mining.name)], energies.build(mixing.energy)
    checked = mixing.check and not all(miner.one_clip for miner in kinds)
    if not all(miner.one_clip for miner in kinds):
        check_mixable(store, checked)
    augment = build_augmentations(learning.augment, store.sample_rate)

    def make(net: QueriedSeparator, detector: Tagger) -> Task:
        seed = recipe.seed + number
        thresholds: float | Tensor = 0.5
        if checked:
            device = pick_device(learning.loop.device)
            thresholds = own_thresholds(detector, store, device) if mixing.threshold == "classes" else mixing.threshold
        return MethodTask(
            net,
            detector if checked or any(miner.needs_curve for miner in kinds) else None,
            _loader(recipe, store, learning.batch, recipe.data.clip_seconds, seed),
            store,
            kinds,
            energy,
            augment,
            LOSSES[learning.loss],
            MethodSettings(
                several(learning.mining.seconds), several(mixing.sources), mixing.targets, mixing.check, thresholds
            ),
            None if learning.thaw is None else Thaw(net.query, learning.thaw.after, learning.thaw.rate),
        )

    return make


class _ClipTags(nn.Module):
    def __init__(self, tagger: Tagger) -> None:
        super().__init__()
        self.tagger = tagger

    def forward(self, waveform: Tensor) -> Tensor:
        tags: Tags = self.tagger(waveform)
        return tags.clip


def own_thresholds(tagger: Tagger, store: Store, device: torch.device) -> Tensor:
    """A threshold for each class, (K,), at which `tagger` is most often right on held-out clips; it hears on `device`.

    A class that no held-out clip tells anything about has 0.5.
    """
    rows = np.concatenate([store.rows("valid"), store.rows("test")])
    scores = tag_clips(_ClipTags(tagger.eval()).to(device), store, rows, tagger.classes)
    return torch.from_numpy(class_thresholds(scores, store.targets(rows))).float()


def _loader(
    recipe: Recipe, store: Store, batch: int, seconds: float, seed: int, weights: dict[int, int] | None = None
) -> ClipLoader:
    """Training clips as the recipe's data part has them drawn."""
    sampler: Sampler
    if recipe.data.sampler == "balanced":
        sampler = BalancedSampler(store.members("train"), per_process(batch), seed, weights, **ranks())
    else:
        sampler = RandomSampler(store.rows("train"), per_process(batch), seed, classes=store.classes, **ranks())
    return ClipLoader(store, sampler, seconds, seed, recipe.data.workers)


def ranks() -> dict[str, int]:
    """Which of how many processes this one is, as torchrun says."""
    rank, world = processes()
    return {"rank": rank, "world": world}


def per_process(batch: int) -> int:
    """What each process takes of a batch; recipes give the joint one, so that they mean the same on any machine.

    Raises:
        UnweaveError: it cannot be shared out evenly.
    """
    world = ranks()["world"]
    if batch % world:
        raise UnweaveError(
            f"A batch of {batch} cannot be shared out among {world} processes; change the recipe's batch."
        )
    return batch // world
